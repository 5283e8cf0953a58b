import type { z } from 'zod';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { EventConsumer } from '#subgraphs/shared/events/consume.ts';
import type { StoredEvent } from '#subgraphs/shared/events/define.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { invoicePaymentFailed, paymentDeclined } from '../events.ts';
import { saveInvoicePayments } from '../repositories/invoice-payments.ts';
import { findInvoice, type InvoiceHandle } from '../repositories/invoice-facts.ts';
import { lockMirror } from '../repositories/mirror.ts';
import { actingAs } from '../stripe/acting-as.ts';
import { idOf, part, reference, rows, text } from '../stripe/normalise/fields.ts';
import { paymentLinks } from '../stripe/normalise/payment-links.ts';
import { readInvoiceWithPayments } from '../stripe/read-invoice.ts';
import type { PaymentDeps } from '../use-cases/payments/reach-invoice.ts';

type Failure = z.output<typeof invoicePaymentFailed.payload>;

interface Explanation {
  readonly handle: InvoiceHandle;
  readonly invoice: JsonObject;
  readonly second: number;
}

/**
 * A failed invoice does not say why it failed: since 2025-03-31 neither its event nor the invoice names the payment. So the reason is asked for,
 * once per failure, and announced on its own.
 */
export function explainDecline(deps: PaymentDeps): EventConsumer {
  return {
    name: 'billing.explain-decline',
    handlers: {
      [invoicePaymentFailed.type]: {
        prepare: (ctx, event) => ask(ctx, deps, failureOf(event)),
        handle: (ctx, event, prepared) => tell(ctx, failureOf(event), prepared as Explanation | null),
      },
    },
  };
}

const failureOf = (event: StoredEvent): Failure => invoicePaymentFailed.payload.parse(event.payload);

async function ask(ctx: UseCaseContext, deps: PaymentDeps, { invoiceId }: Failure): Promise<Explanation | null> {
  const handle = await findInvoice(ctx.db, ctx.workspaceId, invoiceId);
  const credential = handle && (await deps.credentials.stripe(ctx, handle.connectionId));
  if (!credential) return null; // disconnected meanwhile: the failure stands, unexplained
  const read = await readInvoiceWithPayments(
    actingAs(deps.stripe, ctx, credential),
    credential.apiKey,
    handle.stripeId,
  );
  if (read === null) return null; // deleted at Stripe, or of another account: asking again would not help
  return { handle, invoice: read.invoice, second: read.span.to };
}

async function tell(ctx: UseCaseContext, failure: Failure, explanation: Explanation | null): Promise<void> {
  const { invoiceId, attemptCount } = failure;
  await ctx.transaction(async (tx) => {
    if (explanation !== null) {
      const owner = { workspaceId: ctx.workspaceId, account: explanation.handle.account };
      await lockMirror(tx.query, ctx.workspaceId);
      const told = paymentLinks(explanation.invoice).map((link) => ({ owner, link, second: explanation.second }));
      await saveInvoicePayments(tx.query, told, ctx.wall.now());
    }
    await tx.publish(
      paymentDeclined({ subjectId: invoiceId, payload: { invoiceId, attemptCount, ...reasonIn(ctx, explanation) } }),
    );
  });
}

type Reason = Omit<z.output<typeof paymentDeclined.payload>, 'invoiceId' | 'attemptCount'>;

/** The last error of the payment that is open; a payment that has gone through since then has none. */
function reasonIn(ctx: UseCaseContext, explanation: Explanation | null): Reason {
  const error = explanation === null ? {} : lastErrorOf(explanation.invoice);
  const owner = { workspaceId: ctx.workspaceId, account: explanation?.handle.account ?? '' };
  const method = reference(error, 'payment_method');
  const charge = reference(error, 'charge');
  return {
    declineCode: text(error, 'decline_code') ?? text(error, 'code') ?? null,
    adviceCode: text(error, 'advice_code') ?? null,
    networkDeclineCode: text(error, 'network_decline_code') ?? null,
    networkAdviceCode: text(error, 'network_advice_code') ?? null,
    paymentMethodId: typeof method === 'string' ? idOf('payment_method', method, owner) : null,
    chargeId: typeof charge === 'string' ? idOf('charge', charge, owner) : null,
  };
}

function lastErrorOf(invoice: JsonObject): JsonObject {
  const intents = rows(invoice, 'payments').map((payment) => part(part(payment, 'payment'), 'payment_intent'));
  return (
    intents.map((intent) => part(intent, 'last_payment_error')).find((error) => Object.keys(error).length > 0) ?? {}
  );
}
