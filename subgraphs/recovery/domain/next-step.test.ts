import { describe, expect, it } from '@jest/globals';
import { BUILTIN_WORKFLOW_V1 } from './builtin-workflow.ts';
import type { DeclineClass } from './decline-classes.ts';
import { nextStep, type StepOutcome } from './next-step.ts';

function from(
  currentStepId: string | null,
  outcome: StepOutcome,
  declineClass: DeclineClass = 'SOFT_FUNDS',
  retriesMade = 0,
): unknown {
  const { skipped, action } = nextStep(
    BUILTIN_WORKFLOW_V1,
    { currentStepId, declineClass, declineCode: 'insufficient_funds', retriesMade },
    outcome,
  );
  const step = 'step' in action ? action.step.id : null;
  return { step, do: action.do, skipped: skipped.map((passed) => `${passed.step.id}: ${passed.reason}`) };
}

describe('the built-in workflow', () => {
  it.each([
    [null, 'STARTED', 'SEND', 'reminder'],
    ['reminder', 'SENT', 'WAIT', 'wait-before-retry'],
    ['reminder', 'DROPPED', 'WAIT', 'wait-before-retry'],
    ['wait-before-retry', 'ELAPSED', 'RETRY', 'retry'],
    ['retry', 'DECLINED', 'SEND', 'magic-link'],
    ['retry', 'SKIPPED', 'SEND', 'magic-link'],
    ['retry', 'PAID', 'AWAIT_PAYMENT', null],
    ['magic-link', 'SENT', 'WAIT', 'wait-for-card'],
    ['wait-for-card', 'ELAPSED', 'SEND', 'final-notice'],
    ['final-notice', 'SENT', 'WAIT', 'wait-before-close'],
    ['wait-before-close', 'ELAPSED', 'CLOSE', 'close'],
  ] as const)('goes from %s, which ended as %s, to %s %s', (current, outcome, action, step) => {
    expect(from(current, outcome)).toEqual({ do: action, step, skipped: [] });
  });

  it.each(['HARD_STOP', 'NEEDS_CUSTOMER'] as const)(
    'passes the retry over and goes on to the link when the class is %s',
    (declineClass) => {
      expect(from('wait-before-retry', 'ELAPSED', declineClass)).toEqual({
        do: 'SEND',
        step: 'magic-link',
        skipped: ['retry: CLASS_FORBIDS'],
      });
    },
  );

  it.each(['SOFT_FUNDS', 'SOFT_TECH', 'SOFT_UNKNOWN'] as const)('retries when the class is %s', (declineClass) => {
    expect(from('wait-before-retry', 'ELAPSED', declineClass)).toMatchObject({ do: 'RETRY', skipped: [] });
  });

  it('passes the retry over when the class allows no more', () => {
    expect(from('wait-before-retry', 'ELAPSED', 'SOFT_TECH', 3)).toMatchObject({
      step: 'magic-link',
      skipped: ['retry: CAP_REACHED'],
    });
  });

  it('says which mail a step sends', () => {
    const { action } = nextStep(
      BUILTIN_WORKFLOW_V1,
      { currentStepId: 'wait-for-card', declineClass: 'SOFT_FUNDS', declineCode: null, retriesMade: 0 },
      'ELAPSED',
    );
    expect(action).toMatchObject({ do: 'SEND', kind: 'FINAL_NOTICE' });
  });

  it.each([
    ['reminder', 'ELAPSED'],
    ['wait-before-retry', 'SENT'],
    ['retry', 'ELAPSED'],
    ['close', 'ELAPSED'],
    ['a-step-of-another-workflow', 'SENT'],
    [null, 'SENT'],
    ['reminder', 'STARTED'],
  ] as const)('refuses that %s ends as %s, which would be a bug', (current, outcome) => {
    expect(() => from(current, outcome)).toThrow();
  });
});

describe('several retries in a row', () => {
  it('are all passed over when the class forbids them, and each is told', () => {
    const definition = {
      schemaVersion: 1 as const,
      start: 'first',
      steps: [
        { id: 'first', type: 'retry_payment' as const, next: { declined: 'second', skipped: 'second' } },
        { id: 'second', type: 'retry_payment' as const, next: { declined: 'close', skipped: 'close' } },
        { id: 'close', type: 'close' as const, reason: 'EXHAUSTED' as const },
      ],
    };
    const { skipped, action } = nextStep(
      definition,
      { currentStepId: null, declineClass: 'HARD_STOP', declineCode: 'lost_card', retriesMade: 0 },
      'STARTED',
    );
    expect(skipped.map(({ step }) => step.id)).toEqual(['first', 'second']);
    expect(action).toMatchObject({ do: 'CLOSE', reason: 'EXHAUSTED' });
  });
});
