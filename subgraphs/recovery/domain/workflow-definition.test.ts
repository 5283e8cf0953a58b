import { describe, expect, it } from '@jest/globals';
import { BUILTIN_WORKFLOW_V1 } from './builtin-workflow.ts';
import {
  problemsOf,
  workflowDefinitionSchema,
  type WorkflowDefinition,
  type WorkflowStep,
} from './workflow-definition.ts';

const wait = (id: string, next: string): WorkflowStep => ({ id, type: 'wait', duration: 'P1D', next });
const mail = (id: string, next: string): WorkflowStep => ({ id, type: 'email', template: 'reminder', next });
const retry = (id: string, declined: string, skipped: string): WorkflowStep => ({
  id,
  type: 'retry_payment',
  next: { declined, skipped },
});
const close: WorkflowStep = { id: 'close', type: 'close', reason: 'EXHAUSTED' };
const workflow = (...steps: WorkflowStep[]): WorkflowDefinition => ({
  schemaVersion: 1,
  start: steps[0]?.id ?? 'nothing',
  steps,
});
const stepsWithProblems = (definition: WorkflowDefinition): (string | null)[] =>
  problemsOf(definition).map(({ stepId }) => stepId);

describe('a workflow definition', () => {
  it('is fine when it is the built-in one, also after it was stored as JSON', () => {
    const stored: unknown = JSON.parse(JSON.stringify(BUILTIN_WORKFLOW_V1));
    expect(workflowDefinitionSchema.parse(stored)).toEqual(BUILTIN_WORKFLOW_V1);
    expect(problemsOf(BUILTIN_WORKFLOW_V1)).toEqual([]);
  });

  it('may loop over a wait', () => {
    expect(problemsOf(workflow(retry('retry', 'pause', 'close'), wait('pause', 'retry'), close))).toEqual([]);
  });

  it.each([
    ['a start that is no step', { ...workflow(close), start: 'nowhere' }, [null]],
    ['an edge to nowhere', workflow(mail('a', 'b'), close), ['a']],
    ['a missing else', workflow(retry('a', 'close', 'b'), close), ['a']],
    ['an id used twice', workflow(mail('a', 'close'), mail('a', 'close'), close), ['a']],
    ['a step that nothing leads to', workflow(mail('a', 'close'), mail('b', 'close'), close), ['b']],
    ['a step that leads to itself', workflow(mail('a', 'a')), ['a']],
    ['a loop without a wait', workflow(mail('a', 'b'), retry('b', 'a', 'close'), close), ['a']],
    ['a loop that avoids the wait on one way', workflow(retry('a', 'b', 'c'), wait('b', 'a'), mail('c', 'a')), ['a']],
  ])('is refused for %s, naming the step', (_what, definition, steps) => {
    expect(stepsWithProblems(definition)).toEqual(steps);
  });

  it.each(['P0D', '-P1D', 'P2Y', 'one day', ''])('is refused for a wait of "%s"', (duration) => {
    const definition = { ...workflow(close), steps: [{ id: 'a', type: 'wait', duration, next: 'close' }, close] };
    expect(workflowDefinitionSchema.safeParse(definition).success).toBe(false);
  });

  it.each(['PT1H', 'P1D', 'P1W', 'P1DT12H'])('takes a wait of %s', (duration) => {
    const definition = { ...workflow(close), steps: [{ id: 'a', type: 'wait', duration, next: 'close' }, close] };
    expect(workflowDefinitionSchema.safeParse(definition).success).toBe(true);
  });

  it('is refused for fields or types that nobody would carry out', () => {
    expect(workflowDefinitionSchema.safeParse({ ...workflow(close), tone: 'stern' }).success).toBe(false);
    expect(
      workflowDefinitionSchema.safeParse({
        ...workflow(close),
        steps: [{ id: 'a', type: 'sms', next: 'close' }, close],
      }).success,
    ).toBe(false);
    expect(workflowDefinitionSchema.safeParse(workflow()).success).toBe(false);
  });
});
