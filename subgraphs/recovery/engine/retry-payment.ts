import { z } from 'zod';
import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { effectHandler, type ClaimedEffect, type EffectHandler } from '#subgraphs/shared/effects/define.ts';
import { DomainError, ProviderUnavailableError } from '#subgraphs/shared/errors/errors.ts';
import { classifyDecline } from '../domain/decline-classes.ts';
import type { StepOutcome } from '../domain/next-step.ts';
import { refuseRetry } from '../domain/retry-policy.ts';
import { aboutCaseEvent, retryDeclined, retrySucceeded } from '../events.ts';
import type { PaymentsPort, RetryOutcome } from '../ports.ts';
import { countWorkflowRetries, getAttempt, updateAttempt, type RetryAttempt } from '../repositories/attempts.ts';
import { findCase, lockCase, type RecoveryCase } from '../repositories/cases.ts';
import { newestDecline } from '../repositories/declines.ts';
import { finishCaseStep } from '../use-cases/advance-case.ts';
import { classifyCase } from '../use-cases/classify-case.ts';
import { RETRY_PAYMENT } from './kinds.ts';

const payload = z.object({ attemptId: z.string() });
type Effect = ClaimedEffect<z.infer<typeof payload>>;
type Outcome = RetryOutcome | { readonly result: 'ABANDONED' };

// Stripe's clock and ours differ, and a test clock stands elsewhere altogether: a lookup begins well before the first claim.
const LOOKUP_MARGIN_MS = 3_600_000;

/** Collects an invoice once more, at most once per attempt: the provider sees one key however often we ask. */
export function retryPayment({ payments }: { payments: PaymentsPort }): EffectHandler {
  return effectHandler<z.infer<typeof payload>, Outcome>({
    kind: RETRY_PAYMENT,
    payload,
    claim,
    send: (ctx, effect) => send(payments, ctx, effect),
    lookup: (ctx, effect) => lookup(payments, ctx, effect),
    settle,
  });
}

async function claim(ctx: UseCaseContext, { subjectId, payload: { attemptId } }: Effect): Promise<'SEND' | 'DROP'> {
  return ctx.transaction(async (tx) => {
    const theCase = await lockCase(tx.db, ctx.workspaceId, subjectId);
    const attempt = await getAttempt(tx.db, ctx.workspaceId, attemptId);
    const refusal = theCase?.state === 'OPEN' ? await refusalOf(tx, theCase, attempt) : 'CASE_ENDED';
    if (refusal === null) {
      await updateAttempt(tx.db, attempt, { state: 'SENDING', sendingAt: attempt.sendingAt ?? tx.now });
      return 'SEND';
    }
    await updateAttempt(tx.db, attempt, { state: 'SKIPPED', skipReason: refusal, settledAt: tx.now });
    if (theCase && attempt.stepExecutionId) await finishCaseStep(ctx, tx, theCase, attempt.stepExecutionId, 'SKIPPED');
    return 'DROP';
  });
}

/** The bank may have said more since the attempt was scheduled. A card that the customer just entered has no history. */
async function refusalOf(tx: Tx, theCase: RecoveryCase, { origin }: RetryAttempt): Promise<string | null> {
  if (origin === 'LINK') return null;
  return refuseRetry(theCase, await countWorkflowRetries(tx.db, tx.workspaceId, theCase.id));
}

async function send(
  payments: PaymentsPort,
  ctx: UseCaseContext,
  { subjectId, payload: { attemptId } }: Effect,
): Promise<Outcome> {
  const theCase = await findCase(ctx.db, ctx.workspaceId, subjectId);
  if (theCase?.state !== 'OPEN') return { result: 'ABANDONED' };
  const { invoiceId } = theCase;
  const { idempotencyKey } = await getAttempt(ctx.db, ctx.workspaceId, attemptId);

  // Paid elsewhere a moment ago, and the news of it still on its way: the bank need not be asked.
  const status = (await payments.invoiceFacts(ctx, invoiceId))?.status.toLowerCase();
  if (status !== undefined && status !== 'open') return { result: 'NOT_PAYABLE', reason: reasonOf(status) };
  try {
    return await payments.retryInvoice(ctx, { invoiceId, idempotencyKey });
  } catch (error) {
    // A refusal before anything was tried: a revoked key, a connection that was ended. Everything else has to be looked up.
    if (error instanceof ProviderUnavailableError || !(error instanceof DomainError)) throw error;
    ctx.log.warn({ err: error, attemptId }, 'the invoice could not be collected');
    return { result: 'NOT_PAYABLE', reason: 'OTHER' };
  }
}

function reasonOf(status: string): 'PAID' | 'VOID' | 'UNCOLLECTIBLE' | 'OTHER' {
  if (status === 'paid') return 'PAID';
  if (status === 'void') return 'VOID';
  return status === 'uncollectible' ? 'UNCOLLECTIBLE' : 'OTHER';
}

async function lookup(
  payments: PaymentsPort,
  ctx: UseCaseContext,
  effect: Effect,
): Promise<{ sent: true; outcome: Outcome } | { sent: false }> {
  const attempt = await ctx.transaction(async (tx) => {
    const found = await getAttempt(tx.db, ctx.workspaceId, effect.payload.attemptId);
    return updateAttempt(tx.db, found, { state: 'UNKNOWN' });
  });
  const theCase = await findCase(ctx.db, ctx.workspaceId, effect.subjectId);
  if (!theCase) throw new Error(`attempt ${attempt.id} belongs to no case`);
  const firstSent = Math.min(effect.claimedAt.getTime(), (attempt.sendingAt ?? attempt.scheduledAt).getTime());
  const since = new Date(firstSent - LOOKUP_MARGIN_MS);
  return payments.lookupRetry(ctx, { invoiceId: theCase.invoiceId, idempotencyKey: attempt.idempotencyKey, since });
}

async function settle(
  ctx: UseCaseContext,
  { subjectId, payload: { attemptId } }: Effect,
  outcome: Outcome,
): Promise<void> {
  await ctx.transaction(async (tx) => {
    const theCase = await lockCase(tx.db, ctx.workspaceId, subjectId);
    if (!theCase) throw new Error(`attempt ${attemptId} belongs to no case`);
    const attempt = await getAttempt(tx.db, ctx.workspaceId, attemptId);
    const after = await record(ctx, tx, theCase, attempt, outcome);
    if (attempt.stepExecutionId) await finishCaseStep(ctx, tx, after, attempt.stepExecutionId, stepOutcomeOf(outcome));
  });
}

async function record(
  ctx: UseCaseContext,
  tx: Tx,
  theCase: RecoveryCase,
  attempt: RetryAttempt,
  outcome: Outcome,
): Promise<RecoveryCase> {
  const { id: attemptId, origin } = attempt;
  switch (outcome.result) {
    case 'PAID':
      await updateAttempt(tx.db, attempt, { state: 'SUCCEEDED', settledAt: tx.now });
      await tx.publish(aboutCaseEvent(retrySucceeded, theCase, { attemptId, origin }));
      return theCase; // the provider's invoice.paid ends the case
    case 'DECLINED': {
      const { declineCode, adviceCode } = outcome;
      const { declineClass } = classifyDecline({ declineCode, adviceCode });
      await updateAttempt(tx.db, attempt, { state: 'DECLINED', declineCode, settledAt: tx.now });
      await tx.publish(aboutCaseEvent(retryDeclined, theCase, { attemptId, origin, declineCode, declineClass }));
      if (theCase.state !== 'OPEN' || (await isToldByBilling(tx, theCase, attempt))) return theCase;
      return classifyCase(ctx, tx, theCase, { declineCode, adviceCode }, tx.now);
    }
    case 'NOT_PAYABLE':
    case 'ABANDONED':
      await updateAttempt(tx.db, attempt, {
        state: 'SKIPPED',
        skipReason: outcome.result === 'ABANDONED' ? 'CASE_ENDED' : `INVOICE_${outcome.reason}`,
        settledAt: tx.now,
      });
      return theCase;
  }
}

/** Billing's own news of this decline knows more (the network's words): when it was faster, it stands. */
async function isToldByBilling(tx: Tx, { invoiceId }: RecoveryCase, { sendingAt }: RetryAttempt): Promise<boolean> {
  const newest = await newestDecline(tx.db, tx.workspaceId, invoiceId);
  return newest !== null && sendingAt !== null && newest.declinedAt >= sendingAt;
}

/** PAID also for an invoice that is settled or taken back: the news of that ends the case, not the next step. */
function stepOutcomeOf(outcome: Outcome): StepOutcome {
  if (outcome.result === 'PAID' || outcome.result === 'DECLINED') return outcome.result;
  if (outcome.result === 'ABANDONED') return 'SKIPPED';
  return outcome.reason === 'OTHER' ? 'SKIPPED' : 'PAID';
}
