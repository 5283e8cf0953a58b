import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { ForeignCardSetupError, InvoiceNotCollectableError } from '../../errors.ts';
import { customers } from '../../repositories/mirrored.ts';
import { createCardSetup, retrieveCardSetup } from '../../stripe/card-setup.ts';
import { idOf, reference } from '../../stripe/normalise/fields.ts';
import { replacePaymentMethod } from '../../stripe/default-payment-method.ts';
import { retrieveObject } from '../../stripe/retrieve-object.ts';
import { type PaymentDeps, reachInvoice, type ReachableInvoice } from './reach-invoice.ts';

export interface OpenCardSetup {
  readonly invoiceId: string;
  readonly idempotencyKey: string;
  /** May hold {CHECKOUT_SESSION_ID}, which Stripe fills in. */
  readonly successUrl: string;
  readonly cancelUrl: string;
}

/**
 * Opens Stripe's own page for entering a card, for the invoice's customer. Network. Repeated with one key it is the same page.
 * @throws {InvoiceNotCollectableError} for an invoice of no customer. @throws {ProviderRefusedError} @throws {ProviderUnavailableError}
 * @throws {NotFoundError} @throws {ConnectionInactiveError}
 */
export async function openCardSetup(
  ctx: UseCaseContext,
  deps: PaymentDeps,
  setup: OpenCardSetup,
): Promise<{ readonly url: string; readonly sessionId: string }> {
  const reached = await reachInvoice(ctx, deps, setup.invoiceId);
  const customerStripeId = await customerOf(ctx, reached);
  const { sessionId, url } = await createCardSetup(reached.stripe, reached.apiKey, {
    customerStripeId,
    invoiceStripeId: reached.invoice.stripeId,
    currency: reached.invoice.currency,
    idempotencyKey: setup.idempotencyKey,
    successUrl: setup.successUrl,
    cancelUrl: setup.cancelUrl,
  });
  if (url === null) throw new Error('Stripe opened a Checkout Session without a page');
  return { url, sessionId };
}

/**
 * Whether the customer has finished, and which payment method came of it. Network.
 * @throws {ForeignCardSetupError} when the session is another customer's.
 */
export async function readCardSetup(
  ctx: UseCaseContext,
  deps: PaymentDeps,
  { invoiceId, sessionId }: { readonly invoiceId: string; readonly sessionId: string },
): Promise<{ readonly status: 'OPEN' | 'COMPLETE' | 'EXPIRED'; readonly paymentMethodStripeId: string | null }> {
  const { invoice, apiKey, stripe } = await reachInvoice(ctx, deps, invoiceId);
  const setup = await retrieveCardSetup(stripe, apiKey, sessionId);
  const owner = { workspaceId: ctx.workspaceId, account: invoice.account };
  if (setup.customerStripeId === null || idOf('customer', setup.customerStripeId, owner) !== invoice.customerId)
    throw new ForeignCardSetupError(sessionId);
  return { status: setup.status, paymentMethodStripeId: setup.paymentMethodStripeId };
}

/**
 * Puts the new payment method where the one stood that failed: on the subscription if it names one, else on the customer (and on the invoice
 * itself, if it has one of its own). Network. Repeating it changes nothing.
 * @throws {ProviderRefusedError} when Stripe does not accept it, as one of another customer. @throws {ProviderUnavailableError}
 */
export async function replaceFailedPaymentMethod(
  ctx: UseCaseContext,
  deps: PaymentDeps,
  {
    invoiceId,
    paymentMethodStripeId,
    idempotencyKey,
  }: { readonly invoiceId: string; readonly paymentMethodStripeId: string; readonly idempotencyKey: string },
): Promise<void> {
  const { invoice, apiKey, stripe } = await reachInvoice(ctx, deps, invoiceId);
  await replacePaymentMethod(stripe, apiKey, {
    invoiceStripeId: invoice.stripeId,
    paymentMethodStripeId,
    idempotencyKey,
  });
}

/** From the mirror, or asked of Stripe while the customer's own event is still on its way. */
async function customerOf(ctx: UseCaseContext, { invoice, apiKey, stripe }: ReachableInvoice): Promise<string> {
  const known =
    invoice.customerId === null
      ? undefined
      : (await customers.byIds(ctx.db, ctx.workspaceId, [invoice.customerId])).get(invoice.customerId);
  if (known !== undefined) return known.stripeId;
  const { content } = await retrieveObject(stripe, { apiKey }, 'invoice', invoice.stripeId);
  const stripeId = content === null ? null : reference(content, 'customer');
  if (typeof stripeId !== 'string') throw new InvoiceNotCollectableError(invoice.id);
  return stripeId;
}
