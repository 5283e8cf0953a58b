import { z } from 'zod';
import { moneyJsonSchema } from '#subgraphs/shared/money/money-json.ts';

// Recovery's own reading of what billing announces: only what it uses, so that billing may add fields freely.

export const paymentFailedPayload = z.object({
  invoiceId: z.string(),
  /** Null while billing has not heard of the customer. */
  customerId: z.string().nullable(),
  subscriptionId: z.string().nullish(),
  attemptCount: z.number().int(),
  amountRemaining: moneyJsonSchema,
});

export const paymentDeclinedPayload = z.object({
  invoiceId: z.string(),
  attemptCount: z.number().int(),
  declineCode: z.string().nullish(),
  adviceCode: z.string().nullish(),
  networkDeclineCode: z.string().nullish(),
  networkAdviceCode: z.string().nullish(),
  paymentMethodId: z.string().nullish(),
  chargeId: z.string().nullish(),
});

export const invoicePaidPayload = z.object({ invoiceId: z.string(), amountPaid: moneyJsonSchema });
export const invoiceSettledPayload = z.object({ invoiceId: z.string() });
export const setupCompletedPayload = z.object({ checkoutSessionId: z.string(), paymentMethodStripeId: z.string() });

export type PaymentFailed = z.infer<typeof paymentFailedPayload>;
export type PaymentDeclined = z.infer<typeof paymentDeclinedPayload>;
