import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { ProviderUnavailableError } from '#subgraphs/shared/errors/errors.ts';
import type { StripeApi } from '../../stripe/client.ts';
import { findPayAttempt } from '../../stripe/attempt-events.ts';
import { type PayAnswer, payInvoice } from '../../stripe/pay-invoice.ts';
import { retrieveObject } from '../../stripe/retrieve-object.ts';
import { type PaymentDeps, reachInvoice } from './reach-invoice.ts';

export type RetryOutcome =
  | { readonly result: 'PAID' }
  /** `declineCode` and `adviceCode` are Stripe's words (insufficient_funds, try_again_later); null when it did not say. */
  | { readonly result: 'DECLINED'; readonly declineCode: string | null; readonly adviceCode: string | null }
  | { readonly result: 'NOT_PAYABLE'; readonly reason: NotPayable };
export type NotPayable = 'PAID' | 'VOID' | 'UNCOLLECTIBLE' | 'OTHER';

/**
 * Tries to collect an open invoice now. Network: not inside a transaction. Repeated with one key it is one attempt with one answer. The
 * mirror is not touched: it learns of what happened by Stripe's events, like of everything else.
 * @throws {ProviderUnavailableError} when it is not known whether the attempt was made: ask lookupRetry, don't try with another key.
 * @throws {ProviderRefusedError} when Stripe does not accept the account's key any more.
 * @throws {NotFoundError} @throws {ConnectionInactiveError}
 */
export async function retryInvoice(
  ctx: UseCaseContext,
  deps: PaymentDeps,
  { invoiceId, idempotencyKey }: { readonly invoiceId: string; readonly idempotencyKey: string },
): Promise<RetryOutcome> {
  const { invoice, apiKey, stripe } = await reachInvoice(ctx, deps, invoiceId);
  const settled = notPayable(invoice.status);
  if (settled !== null) return { result: 'NOT_PAYABLE', reason: settled };
  const answer = await payInvoice(stripe, apiKey, { stripeId: invoice.stripeId, idempotencyKey });
  return answer.result === 'REFUSED' ? refusal(stripe, apiKey, invoice.stripeId) : outcomeOf(answer);
}

/**
 * What became of an attempt of which no answer came back. Pays nothing.
 * @param since wall time at or before the attempt.
 */
export async function lookupRetry(
  ctx: UseCaseContext,
  deps: PaymentDeps,
  {
    invoiceId,
    idempotencyKey,
    since,
  }: { readonly invoiceId: string; readonly idempotencyKey: string; readonly since: Date },
): Promise<{ readonly sent: true; readonly outcome: RetryOutcome } | { readonly sent: false }> {
  const { invoice, apiKey, stripe } = await reachInvoice(ctx, deps, invoiceId);
  const answer = await findPayAttempt(stripe, apiKey, {
    invoiceStripeId: invoice.stripeId,
    idempotencyKey,
    since,
  });
  return answer === null || answer.result === 'REFUSED' ? { sent: false } : { sent: true, outcome: outcomeOf(answer) };
}

function outcomeOf(answer: Exclude<PayAnswer, { result: 'REFUSED' }>): RetryOutcome {
  return answer;
}

/** Stripe refused without trying. The invoice itself says why; the mirror may not have heard yet. */
async function refusal(api: StripeApi, apiKey: string, stripeId: string): Promise<RetryOutcome> {
  const { content } = await retrieveObject(api, { apiKey }, 'invoice', stripeId).catch((error: unknown) => {
    // This question may have been held back, but the attempt before it was not: it has to be looked up.
    throw error instanceof ProviderUnavailableError && error.notSent ? error.asSent() : error;
  });
  const status = content?.['status'];
  return {
    result: 'NOT_PAYABLE',
    reason: notPayable(typeof status === 'string' ? status.toUpperCase() : '') ?? 'OTHER',
  };
}

/** Stripe would collect an invoice that was written off, but whoever wrote it off decided otherwise. */
function notPayable(status: string): NotPayable | null {
  return status === 'PAID' || status === 'VOID' || status === 'UNCOLLECTIBLE' ? status : null;
}
