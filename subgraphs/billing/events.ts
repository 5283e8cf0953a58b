import { z } from 'zod';
import { defineEvent } from '#subgraphs/shared/events/define.ts';
import { moneyJsonSchema } from '#subgraphs/shared/money/money-json.ts';

// What billing announces. Ids are ours; instants are ISO text in Stripe's time, which for objects on a test clock is the clock's.

const id = z.string();
const instant = z.iso.datetime();

/**
 * Stripe could not collect an open invoice. Once per invoice and attempt, however often and in whatever order its events come; an attempt that
 * a later state has overtaken (the invoice is settled) is not announced any more. The customer may not be known yet.
 */
export const invoicePaymentFailed = defineEvent({
  type: 'billing.invoice.payment_failed',
  version: 1,
  subject: 'Invoice',
  payload: z.object({
    invoiceId: id,
    stripeId: z.string(),
    customerId: id.nullable(),
    subscriptionId: id.nullable(),
    attemptCount: z.number().int(),
    amountRemaining: moneyJsonSchema,
    failedAt: instant,
  }),
});

/** Why that attempt failed, as far as Stripe says; all null when it does not, or no longer does. */
export const paymentDeclined = defineEvent({
  type: 'billing.payment.declined',
  version: 1,
  subject: 'Invoice',
  payload: z.object({
    invoiceId: id,
    attemptCount: z.number().int(),
    declineCode: z.string().nullable(),
    adviceCode: z.string().nullable(),
    networkDeclineCode: z.string().nullable(),
    networkAdviceCode: z.string().nullable(),
    paymentMethodId: id.nullable(),
    chargeId: id.nullable(),
  }),
});

/** An account says that it took away what it allowed an application of ours, or of a platform that is connected here. It may be long ago. */
export const accountDeauthorized = defineEvent({
  type: 'billing.account.deauthorized',
  version: 1,
  subject: 'Connection',
  payload: z.object({ connectionId: id, account: z.string() }),
});

export const invoicePaid = defineEvent({
  type: 'billing.invoice.paid',
  version: 1,
  subject: 'Invoice',
  payload: z.object({
    invoiceId: id,
    customerId: id.nullable(),
    amountPaid: moneyJsonSchema,
    paidAt: instant,
    attemptCount: z.number().int(),
  }),
});

export const invoiceVoided = defineEvent({
  type: 'billing.invoice.voided',
  version: 1,
  subject: 'Invoice',
  payload: z.object({ invoiceId: id, voidedAt: instant }),
});

export const invoiceMarkedUncollectible = defineEvent({
  type: 'billing.invoice.marked_uncollectible',
  version: 1,
  subject: 'Invoice',
  payload: z.object({ invoiceId: id }),
});

/** A customer finished a Checkout Session in setup mode. Which card it was has to be asked; then setup.completed follows. */
export const setupSubmitted = defineEvent({
  type: 'billing.setup.submitted',
  version: 1,
  subject: 'CheckoutSession',
  payload: z.object({ connectionId: id, account: z.string(), checkoutSessionId: z.string() }),
});

/** A new payment method is kept for a customer. Ids of Checkout, setup intent and method are Stripe's. */
export const setupCompleted = defineEvent({
  type: 'billing.setup.completed',
  version: 1,
  subject: 'CheckoutSession',
  payload: z.object({
    connectionId: id,
    checkoutSessionId: z.string(),
    setupIntentId: z.string().nullable(),
    paymentMethodStripeId: z.string(),
    customerId: id.nullable(),
  }),
});

/** Everything that Stripe had when the connection was made is in the mirror. Counts by kind. */
export const backfillCompleted = defineEvent({
  type: 'billing.backfill.completed',
  version: 1,
  subject: 'Connection',
  payload: z.object({ connectionId: id, counts: z.record(z.string(), z.number().int()) }),
});

/** A state that an object of the mirror has taken on. */
export const objectChange = z.object({
  /** Stripe's word for what it is: `invoice`. */
  kind: z.string(),
  id,
  stripeId: z.string(),
  account: z.string(),
  /** When it was created at Stripe. */
  createdAt: instant,
  /** When Stripe says that it was so. */
  at: instant,
  deleted: z.boolean(),
  status: z.string().nullable(),
  currency: z.string().nullable(),
  /** Minor units as text: what the object is about, an invoice's total for example. */
  amountMinor: z.string().nullable(),
  customerId: id.nullable(),
});

/** Objects of the mirror have changed; in the order in which they did, an object may stand several times. */
export const mirrorChanged = defineEvent({
  type: 'billing.mirror.changed',
  version: 1,
  subject: 'Connection',
  payload: z.object({ changes: z.array(objectChange) }),
});
