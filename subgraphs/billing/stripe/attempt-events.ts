import type { Stripe } from 'stripe';
import type { StripeApi } from './client.ts';
import type { PayAnswer } from './pay-invoice.ts';

const TYPES = [
  'invoice.paid',
  'invoice.payment_failed',
  'invoice.payment_action_required',
  'payment_intent.payment_failed',
  'charge.failed',
];
/** Allows for our clock running ahead of Stripe's. */
const SLACK_SECONDS = 300;
/** A thousand events since the attempt; further back it is not looked. */
const MOST = 1_000;

/**
 * Whether an attempt to pay with this idempotency key reached Stripe, and how it went: its events carry the key. Pays nothing.
 * @param since wall time before the attempt was made.
 * @returns null when there is no trace of it.
 */
export async function findPayAttempt(
  api: StripeApi,
  apiKey: string,
  attempt: { readonly invoiceStripeId: string; readonly idempotencyKey: string; readonly since: Date },
): Promise<PayAnswer | null> {
  const gte = Math.floor(attempt.since.getTime() / 1000) - SLACK_SECONDS;
  const events = await api.call((stripe) =>
    stripe.events.list({ limit: 100, types: TYPES, created: { gte } }, { apiKey }).autoPagingToArray({ limit: MOST }),
  );
  const ours = events.filter((event) => event.request?.idempotency_key === attempt.idempotencyKey);
  if (ours.some((event) => event.type === 'invoice.paid' && event.data.object.id === attempt.invoiceStripeId))
    return { result: 'PAID' };
  const declines = ours.map(declineOf).filter((decline) => decline !== null);
  return declines.find(({ declineCode }) => declineCode !== null) ?? declines[0] ?? null;
}

function declineOf(event: Stripe.Event): Extract<PayAnswer, { result: 'DECLINED' }> | null {
  switch (event.type) {
    case 'payment_intent.payment_failed': {
      const error = event.data.object.last_payment_error;
      return {
        result: 'DECLINED',
        declineCode: error?.decline_code ?? error?.code ?? null,
        adviceCode: error?.advice_code ?? null,
      };
    }
    case 'charge.failed':
      return {
        result: 'DECLINED',
        declineCode: event.data.object.outcome?.reason ?? event.data.object.failure_code,
        adviceCode: event.data.object.outcome?.advice_code ?? null,
      };
    case 'invoice.payment_action_required':
      return { result: 'DECLINED', declineCode: 'authentication_required', adviceCode: null };
    case 'invoice.payment_failed':
      return { result: 'DECLINED', declineCode: null, adviceCode: null };
    default:
      return null;
  }
}
