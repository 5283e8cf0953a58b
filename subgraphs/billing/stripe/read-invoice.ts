import { ProviderRefusedError } from '#subgraphs/shared/errors/errors.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { StripeApi } from './client.ts';
import { asJson, type ReadSpan, timedRead } from './read.ts';

/**
 * An invoice with its payments, and of each the payment intent in full: where Stripe says why a payment failed. Null when Stripe no longer
 * has the invoice.
 */
export async function readInvoiceWithPayments(
  api: StripeApi,
  apiKey: string,
  stripeId: string,
): Promise<{ readonly invoice: JsonObject; readonly span: ReadSpan } | null> {
  try {
    const { answer, span } = await timedRead(api, (stripe) =>
      stripe.invoices.retrieve(stripeId, { expand: ['payments.data.payment.payment_intent'] }, { apiKey }),
    );
    return { invoice: asJson(answer), span };
  } catch (error) {
    if (error instanceof ProviderRefusedError && error.providerCode === 'resource_missing') return null;
    throw error;
  }
}
