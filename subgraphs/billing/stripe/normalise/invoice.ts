import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { Columns } from '../../domain/columns.ts';
import {
  flag,
  idOf,
  instant,
  isCut,
  link,
  minor,
  type Owner,
  part,
  reference,
  sumMinor,
  text,
  whole,
  word,
} from './fields.ts';

export function normaliseInvoice(invoice: JsonObject, owner: Owner): Columns<'invoice'> {
  const currency = word(invoice, 'currency');
  const moves = part(invoice, 'status_transitions');
  const amount = (field: string): bigint | null | undefined => minor(invoice, field, currency);
  return {
    number: text(invoice, 'number'),
    status: word(invoice, 'status'),
    currency,
    // Who is billed may be an account instead of a customer; it is a customer to us all the same.
    customerId:
      link('customer', invoice, 'customer', owner) ?? link('customer', invoice, 'customer_account', owner) ?? null,
    subscriptionId: subscriptionOf(invoice, owner),
    billingReason: word(invoice, 'billing_reason'),
    collectionMethod: word(invoice, 'collection_method'),
    amountDueMinor: amount('amount_due'),
    amountPaidMinor: amount('amount_paid'),
    amountRemainingMinor: amount('amount_remaining'),
    subtotalMinor: amount('subtotal'),
    totalMinor: amount('total'),
    attemptCount: whole(invoice, 'attempt_count'),
    attempted: flag(invoice, 'attempted'),
    autoAdvance: flag(invoice, 'auto_advance'),
    automaticallyFinalizesAt: instant(invoice, 'automatically_finalizes_at'),
    nextPaymentAttemptAt: instant(invoice, 'next_payment_attempt'),
    dueAt: instant(invoice, 'due_date'),
    finalizedAt: instant(moves, 'finalized_at'),
    paidAt: instant(moves, 'paid_at'),
    voidedAt: instant(moves, 'voided_at'),
    markedUncollectibleAt: instant(moves, 'marked_uncollectible_at'),
    periodStart: instant(invoice, 'period_start'),
    periodEnd: instant(invoice, 'period_end'),
    defaultPaymentMethodId: link('payment_method', invoice, 'default_payment_method', owner),
    hostedInvoiceUrl: text(invoice, 'hosted_invoice_url'),
    customerName: text(invoice, 'customer_name'),
    customerEmail: text(invoice, 'customer_email'),
    customerCountry: invoice['customer_address'] === null ? null : text(part(invoice, 'customer_address'), 'country'),
    merchantName: text(invoice, 'account_name'),
    testClockId: reference(invoice, 'test_clock'),
    // `total_taxes` since 2025-03-31; `tax` is the oldest, and null where there is none.
    taxMinor:
      sumMinor(invoice, 'total_taxes', currency) ??
      sumMinor(invoice, 'total_tax_amounts', currency) ??
      (invoice['tax'] === null ? 0n : amount('tax')),
    linesPartial: isCut(invoice, 'lines'),
  };
}

/** Since 2025-03-31 under `parent`; before, a field of the invoice. An invoice without a subscription says so in either way. */
function subscriptionOf(invoice: JsonObject, owner: Owner): string | null | undefined {
  const stripeId = subscriptionIdOf(invoice);
  return typeof stripeId === 'string' ? idOf('subscription', stripeId, owner) : stripeId;
}

export function subscriptionIdOf(invoice: JsonObject): string | null | undefined {
  if (invoice['parent'] === undefined) return reference(invoice, 'subscription');
  return reference(part(part(invoice, 'parent'), 'subscription_details'), 'subscription') ?? null;
}
