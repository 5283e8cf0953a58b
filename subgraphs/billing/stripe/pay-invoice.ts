import type { Stripe } from 'stripe';
import type { StripeApi } from './client.ts';
import { stripeFailureOf } from './errors.ts';

/** `declineCode` is null when nothing was said about why. */
export type PayAnswer =
  | { readonly result: 'PAID' }
  | { readonly result: 'DECLINED'; readonly declineCode: string | null; readonly adviceCode: string | null }
  | { readonly result: 'REFUSED'; readonly code: string | null };

/**
 * Collects an open invoice now, with the payment method Stripe would charge anyway. Repeated with one key it is one attempt.
 * @throws {ProviderUnavailableError} when it is not known whether the attempt was made. @throws {ProviderRefusedError} for a bad key.
 */
export async function payInvoice(
  api: StripeApi,
  apiKey: string,
  call: { readonly stripeId: string; readonly idempotencyKey: string },
): Promise<PayAnswer> {
  return api.call(async (stripe) => {
    try {
      const invoice = await stripe.invoices.pay(
        call.stripeId,
        { off_session: true },
        { apiKey, idempotencyKey: call.idempotencyKey },
      );
      return answerOf(invoice);
    } catch (error) {
      return refusalOf(error);
    }
  });
}

/** Accepted but not paid: some ways to pay take days. Neither a success nor a decline yet. */
function answerOf(invoice: Stripe.Invoice): PayAnswer {
  return invoice.status === 'paid' ? { result: 'PAID' } : { result: 'REFUSED', code: 'payment_processing' };
}

function refusalOf(error: unknown): PayAnswer {
  const failure = stripeFailureOf(error);
  if (failure?.code === 'invoice_payment_intent_requires_action')
    return { result: 'DECLINED', declineCode: 'authentication_required', adviceCode: null };
  if (failure?.type === 'StripeCardError')
    return {
      result: 'DECLINED',
      declineCode: failure.declineCode ?? failure.code ?? null,
      adviceCode: failure.adviceCode ?? null,
    };
  if (failure?.type === 'StripeInvalidRequestError' && (failure.statusCode === 400 || failure.statusCode === 404))
    return { result: 'REFUSED', code: failure.code ?? null };
  throw error;
}
