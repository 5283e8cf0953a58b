import type { DeclineClass } from './decline-classes.ts';
import { refuseRetry, type RetryRefusal } from './retry-policy.ts';
import type { WorkflowDefinition, WorkflowStep } from './workflow-definition.ts';

export const MESSAGE_KINDS = ['REMINDER', 'MAGIC_LINK', 'FINAL_NOTICE'] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** How the current step ended; STARTED before the first one. PAID: our retry went through, or the invoice was settled meanwhile. */
export type StepOutcome = 'STARTED' | 'SENT' | 'DROPPED' | 'ELAPSED' | 'DECLINED' | 'SKIPPED' | 'PAID';

export interface CaseState {
  /** Null before the first step. */
  readonly currentStepId: string | null;
  readonly declineClass: DeclineClass;
  readonly declineCode: string | null;
  readonly retriesMade: number;
}

export type StepAction =
  | { readonly do: 'SEND'; readonly step: WorkflowStep; readonly kind: MessageKind }
  | { readonly do: 'WAIT'; readonly step: WorkflowStep; readonly duration: string }
  | { readonly do: 'RETRY'; readonly step: WorkflowStep }
  | { readonly do: 'CLOSE'; readonly step: WorkflowStep; readonly reason: 'EXHAUSTED' }
  /** Nothing to do but wait for the provider to say that the invoice is paid. */
  | { readonly do: 'AWAIT_PAYMENT' };

export interface NextStep {
  /** Steps passed over on the way, in order. */
  readonly skipped: readonly { readonly step: WorkflowStep; readonly reason: RetryRefusal }[];
  readonly action: StepAction;
}

/**
 * The whole meaning of a workflow: from where a case stands and how its step ended to what happens next. Retries that the decline's
 * class forbids are passed over. Throws for an outcome that the current step cannot have, which is a bug of the engine.
 */
export function nextStep(definition: WorkflowDefinition, state: CaseState, outcome: StepOutcome): NextStep {
  const skipped: { step: WorkflowStep; reason: RetryRefusal }[] = [];
  if (outcome === 'PAID') return { skipped, action: { do: 'AWAIT_PAYMENT' } };

  let step = stepOf(definition, targetOf(definition, state, outcome));
  // Finite: the definition has no loop without a wait, and only retries are passed over.
  while (step.type === 'retry_payment') {
    const reason = refuseRetry(state, state.retriesMade);
    if (reason === null) break;
    skipped.push({ step, reason });
    step = stepOf(definition, step.next.skipped);
  }
  return { skipped, action: actionOf(step) };
}

function targetOf(definition: WorkflowDefinition, state: CaseState, outcome: StepOutcome): string {
  if (state.currentStepId === null) {
    if (outcome !== 'STARTED') throw new Error(`a case that has not started cannot end a step as ${outcome}`);
    return definition.start;
  }
  const current = stepOf(definition, state.currentStepId);
  const target = follow(current, outcome);
  if (target === null) throw new Error(`a step of type ${current.type} cannot end as ${outcome}`);
  return target;
}

function follow(step: WorkflowStep, outcome: StepOutcome): string | null {
  switch (step.type) {
    case 'email':
    case 'magic_link_email':
      return outcome === 'SENT' || outcome === 'DROPPED' ? step.next : null;
    case 'wait':
      return outcome === 'ELAPSED' ? step.next : null;
    case 'retry_payment':
      if (outcome === 'DECLINED') return step.next.declined;
      return outcome === 'SKIPPED' ? step.next.skipped : null;
    case 'close':
      return null;
  }
}

function actionOf(step: WorkflowStep): StepAction {
  switch (step.type) {
    case 'email':
      return { do: 'SEND', step, kind: step.template === 'reminder' ? 'REMINDER' : 'FINAL_NOTICE' };
    case 'magic_link_email':
      return { do: 'SEND', step, kind: 'MAGIC_LINK' };
    case 'wait':
      return { do: 'WAIT', step, duration: step.duration };
    case 'retry_payment':
      return { do: 'RETRY', step };
    case 'close':
      return { do: 'CLOSE', step, reason: step.reason };
  }
}

function stepOf(definition: WorkflowDefinition, id: string): WorkflowStep {
  const step = definition.steps.find((candidate) => candidate.id === id);
  if (!step) throw new Error(`the workflow has no step "${id}"`);
  return step;
}
