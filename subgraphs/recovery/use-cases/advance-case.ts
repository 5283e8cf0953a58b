import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { addDuration } from '../domain/mail-hours.ts';
import { nextStep, type StepAction, type StepOutcome } from '../domain/next-step.ts';
import type { WorkflowStep } from '../domain/workflow-definition.ts';
import { STEP_TIMER } from '../engine/kinds.ts';
import { countWorkflowRetries } from '../repositories/attempts.ts';
import { updateCase, type RecoveryCase } from '../repositories/cases.ts';
import { countSteps, finishStep, insertStep, runningStep, type StepExecution } from '../repositories/steps.ts';
import { getVersion } from '../repositories/workflows.ts';
import { endCase } from './end-case.ts';
import { queueMessage } from './queue-message.ts';
import { scheduleRetry } from './schedule-retry.ts';

// A workflow may loop over a wait; a case that has done this much has had its chance.
const MAX_STEPS = 200;

/** Ends the step and goes on from it, unless the step or the case has ended otherwise meanwhile. The case is locked. */
export async function finishCaseStep(
  ctx: UseCaseContext,
  tx: Tx,
  theCase: RecoveryCase,
  stepExecutionId: string,
  outcome: StepOutcome,
): Promise<void> {
  const step = await runningStep(tx.db, ctx.workspaceId, stepExecutionId);
  if (!step) return;
  await finishStep(tx.db, step, { state: 'DONE', outcome, finishedAt: tx.now });
  if (theCase.state === 'OPEN' && theCase.currentStepId === step.stepId) await advanceCase(ctx, tx, theCase, outcome);
}

/** From where the case stands, and how its current step ended, to the next step: decided by the stored workflow alone. */
export async function advanceCase(
  ctx: UseCaseContext,
  tx: Tx,
  theCase: RecoveryCase,
  outcome: StepOutcome,
): Promise<void> {
  const { definition } = await getVersion(tx.db, ctx.workspaceId, theCase.workflowVersionId);
  const retriesMade = await countWorkflowRetries(tx.db, ctx.workspaceId, theCase.id);
  const { skipped, action } = nextStep(definition, { ...theCase, retriesMade }, outcome);
  for (const { step, reason } of skipped) {
    await begin(ctx, tx, theCase, step, { state: 'SKIPPED', outcome: reason });
  }
  if ((await countSteps(tx.db, ctx.workspaceId, theCase.id)) >= MAX_STEPS) {
    await endCase(ctx, tx, theCase, { state: 'CLOSED', reason: 'EXHAUSTED' });
    return;
  }
  await carryOut(ctx, tx, theCase, action);
}

async function carryOut(ctx: UseCaseContext, tx: Tx, theCase: RecoveryCase, action: StepAction): Promise<void> {
  switch (action.do) {
    case 'SEND': {
      const { id } = await begin(ctx, tx, theCase, action.step);
      await queueMessage(ctx, tx, theCase, { kind: action.kind, stepExecutionId: id });
      return;
    }
    case 'WAIT': {
      const dueAt = addDuration(tx.now, action.duration, theCase.timeZone);
      const { id } = await begin(ctx, tx, theCase, action.step, { dueAt });
      await tx.setTimer({ kind: STEP_TIMER, key: id, subjectId: theCase.id, dueAt, payload: { stepExecutionId: id } });
      return;
    }
    case 'RETRY': {
      const { id } = await begin(ctx, tx, theCase, action.step);
      await scheduleRetry(
        ctx,
        tx,
        theCase,
        { origin: 'WORKFLOW', stepExecutionId: id },
        latest(tx.now, theCase.retryNotBefore),
      );
      return;
    }
    case 'CLOSE': {
      const step = await begin(ctx, tx, theCase, action.step);
      await finishStep(tx.db, step, { state: 'DONE', outcome: action.reason, finishedAt: tx.now });
      await endCase(ctx, tx, theCase, { state: 'CLOSED', reason: action.reason });
      return;
    }
    case 'AWAIT_PAYMENT':
      return; // the provider's news of the payment ends the case
  }
}

async function begin(
  ctx: UseCaseContext,
  tx: Tx,
  theCase: RecoveryCase,
  step: WorkflowStep,
  how: { state?: 'SKIPPED'; outcome?: string; dueAt?: Date } = {},
): Promise<StepExecution> {
  await updateCase(tx.db, theCase, { currentStepId: step.id });
  return insertStep(tx.db, {
    workspaceId: ctx.workspaceId,
    id: ctx.ids.next('step'),
    caseId: theCase.id,
    stepId: step.id,
    type: step.type,
    startedAt: tx.now,
    state: 'RUNNING',
    ...how,
  });
}

function latest(now: Date, floor: Date | null): Date {
  return floor !== null && floor > now ? floor : now;
}
