import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { EventConsumer } from '#subgraphs/shared/events/consume.ts';
import { moneyFromJson } from '#subgraphs/shared/money/money-json.ts';
import {
  invoicePaidPayload,
  invoiceSettledPayload,
  paymentDeclinedPayload,
  paymentFailedPayload,
  setupCompletedPayload,
} from '../billing-events.ts';
import type { PaymentsPort } from '../ports.ts';
import { closeCaseOfInvoice } from '../use-cases/close-case-of-invoice.ts';
import { completeLink } from '../use-cases/complete-link.ts';
import { noteDecline } from '../use-cases/note-decline.ts';
import { openCase, type Circumstances } from '../use-cases/open-case.ts';
import { recoverCase } from '../use-cases/recover-case.ts';

export interface BillingConsumerDeps {
  readonly payments: PaymentsPort;
  /** IANA zone for customers whose country is unknown. */
  readonly workspaceTimeZone: (ctx: UseCaseContext) => Promise<string>;
}

/** What recovery does when billing announces something. Applied once per event; each use case also stands a repeat. */
export function billingConsumer({ payments, workspaceTimeZone }: BillingConsumerDeps): EventConsumer {
  return {
    name: 'recovery.billing',
    handlers: {
      'billing.invoice.payment_failed': {
        prepare: async (ctx, event): Promise<Circumstances> => {
          const { invoiceId } = paymentFailedPayload.parse(event.payload);
          const [facts, timeZone] = await Promise.all([payments.invoiceFacts(ctx, invoiceId), workspaceTimeZone(ctx)]);
          return { facts, workspaceTimeZone: timeZone };
        },
        handle: (ctx, event, prepared) =>
          openCase(ctx, paymentFailedPayload.parse(event.payload), prepared as Circumstances),
      },
      'billing.payment.declined': {
        handle: (ctx, event) => noteDecline(ctx, paymentDeclinedPayload.parse(event.payload), event.occurredAt),
      },
      'billing.invoice.paid': {
        handle: async (ctx, event) => {
          const { invoiceId, amountPaid } = invoicePaidPayload.parse(event.payload);
          await recoverCase(ctx, { invoiceId, amountPaid: moneyFromJson(amountPaid) });
        },
      },
      'billing.invoice.voided': {
        handle: (ctx, event) =>
          closeCaseOfInvoice(ctx, { ...invoiceSettledPayload.parse(event.payload), reason: 'VOIDED' }),
      },
      'billing.invoice.marked_uncollectible': {
        handle: (ctx, event) =>
          closeCaseOfInvoice(ctx, { ...invoiceSettledPayload.parse(event.payload), reason: 'UNCOLLECTIBLE' }),
      },
      // The customer may close the browser before it comes back to us: the provider's news completes the link all the same.
      'billing.setup.completed': {
        handle: async (ctx, event) => {
          const { checkoutSessionId, paymentMethodStripeId } = setupCompletedPayload.parse(event.payload);
          await completeLink(ctx, { sessionId: checkoutSessionId, paymentMethodStripeId });
        },
      },
    },
  };
}
