import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { big, flag, part, reference, rows, text, word, minor } from './fields.ts';

/** That an invoice is paid by a payment intent or a charge. All ids are Stripe's. */
export interface PaymentLink {
  readonly invoiceStripeId: string;
  readonly paymentIntentStripeId: string | null;
  readonly chargeStripeId: string | null;
  readonly stripeId: string | null;
  readonly status: string | null;
  readonly amountPaidMinor: bigint | null;
  readonly currency: string | null;
  readonly isDefault: boolean | null;
}

/**
 * Every link that an object tells of. Since 2025-03-31 these are objects of their own; before, the invoice named its payment, and the payment
 * its invoice. A link once made is never undone, so it is kept even when the object that told of it is stale.
 */
export function paymentLinks(object: JsonObject): readonly PaymentLink[] {
  switch (object['object']) {
    case 'invoice_payment':
      return linkOf(object, reference(object, 'invoice'));
    case 'invoice':
      return [
        ...rows(object, 'payments').flatMap((payment) => linkOf(payment, text(object, 'id'))),
        ...bare(text(object, 'id'), reference(object, 'payment_intent'), reference(object, 'charge')),
      ];
    case 'payment_intent':
      return bare(reference(object, 'invoice'), text(object, 'id'), null);
    case 'charge':
      return bare(reference(object, 'invoice'), reference(object, 'payment_intent'), text(object, 'id'));
    default:
      return [];
  }
}

function linkOf(payment: JsonObject, invoiceStripeId: string | null | undefined): readonly PaymentLink[] {
  const by = part(payment, 'payment');
  const currency = word(payment, 'currency') ?? null;
  return bare(invoiceStripeId, reference(by, 'payment_intent'), reference(by, 'charge')).map((link) => ({
    ...link,
    stripeId: text(payment, 'id') ?? null,
    status: word(payment, 'status') ?? null,
    amountPaidMinor:
      big(payment, 'amount_paid') === undefined ? null : (minor(payment, 'amount_paid', currency) ?? null),
    currency,
    isDefault: flag(payment, 'is_default') ?? null,
  }));
}

function bare(
  invoiceStripeId: string | null | undefined,
  paymentIntent: string | null | undefined,
  charge: string | null | undefined,
): readonly PaymentLink[] {
  const paymentIntentStripeId = paymentIntent ?? null;
  // A payment intent is tried with one charge after the other, and says itself which: only a payment without one is a charge.
  const chargeStripeId = paymentIntentStripeId === null ? (charge ?? null) : null;
  if (typeof invoiceStripeId !== 'string' || (paymentIntentStripeId ?? chargeStripeId) === null) return [];
  return [
    {
      invoiceStripeId,
      paymentIntentStripeId,
      chargeStripeId,
      stripeId: null,
      status: null,
      amountPaidMinor: null,
      currency: null,
      isDefault: null,
    },
  ];
}
