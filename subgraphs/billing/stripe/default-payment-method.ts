import type { Stripe } from 'stripe';
import { subscriptionIdOf } from './normalise/invoice.ts';
import { asJson } from './read.ts';
import type { StripeApi } from './client.ts';

export interface ReplacePaymentMethod {
  readonly invoiceStripeId: string;
  readonly paymentMethodStripeId: string;
  /** Each write gets a key made from this one. */
  readonly idempotencyKey: string;
}

/**
 * Makes Stripe charge the new payment method for this invoice and for what follows. Stripe takes the first that is set of: the invoice's, the
 * subscription's, the customer's. So the one that failed is replaced where it stands; writing only the customer's would change nothing for a
 * subscription that names its own. Repeating it changes nothing.
 */
export async function replacePaymentMethod(
  api: StripeApi,
  apiKey: string,
  replace: ReplacePaymentMethod,
): Promise<void> {
  await api.call(async (stripe) => {
    const invoice = await stripe.invoices.retrieve(replace.invoiceStripeId, {}, { apiKey });
    const replaced = [
      await replaceOnInvoice(stripe, apiKey, replace, invoice),
      await replaceOnSubscription(stripe, apiKey, replace, invoice),
    ];
    if (!replaced.includes(true)) await replaceOnCustomer(stripe, apiKey, replace, invoice);
  });
}

async function replaceOnInvoice(
  stripe: Stripe,
  apiKey: string,
  replace: ReplacePaymentMethod,
  invoice: Stripe.Invoice,
): Promise<boolean> {
  const current = idOf(invoice.default_payment_method) ?? idOf(invoice.default_source);
  if (current === null) return false;
  if (current !== replace.paymentMethodStripeId) {
    await stripe.invoices.update(
      invoice.id,
      { default_payment_method: replace.paymentMethodStripeId },
      { apiKey, idempotencyKey: `${replace.idempotencyKey}-invoice` },
    );
  }
  return false; // only this invoice: the next one is charged to what the subscription or the customer names
}

async function replaceOnSubscription(
  stripe: Stripe,
  apiKey: string,
  replace: ReplacePaymentMethod,
  invoice: Stripe.Invoice,
): Promise<boolean> {
  const subscriptionId = subscriptionIdOf(asJson(invoice));
  if (typeof subscriptionId !== 'string') return false;
  const subscription = await stripe.subscriptions.retrieve(subscriptionId, {}, { apiKey });
  const current = idOf(subscription.default_payment_method) ?? idOf(subscription.default_source);
  if (current === null || subscription.status === 'canceled' || subscription.status === 'incomplete_expired')
    return false;
  if (current !== replace.paymentMethodStripeId) {
    await stripe.subscriptions.update(
      subscriptionId,
      { default_payment_method: replace.paymentMethodStripeId },
      { apiKey, idempotencyKey: `${replace.idempotencyKey}-subscription` },
    );
  }
  return true;
}

async function replaceOnCustomer(
  stripe: Stripe,
  apiKey: string,
  replace: ReplacePaymentMethod,
  invoice: Stripe.Invoice,
): Promise<void> {
  const customerId = idOf(invoice.customer);
  if (customerId === null) return;
  const settings = { invoice_settings: { default_payment_method: replace.paymentMethodStripeId } };
  await stripe.customers.update(customerId, settings, { apiKey, idempotencyKey: `${replace.idempotencyKey}-customer` });
}

function idOf(reference: string | { readonly id: string } | null | undefined): string | null {
  return typeof reference === 'string' ? reference : (reference?.id ?? null);
}
