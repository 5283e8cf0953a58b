import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import { ConnectionInactiveError } from '../../errors.ts';
import type { BillingDeps } from '../../ports.ts';
import { findInvoice, type InvoiceHandle } from '../../repositories/invoice-facts.ts';
import { actingAs } from '../../stripe/acting-as.ts';
import type { StripeApi } from '../../stripe/client.ts';

export interface PaymentDeps extends Pick<BillingDeps, 'credentials'> {
  readonly stripe: StripeApi;
}

export interface ReachableInvoice {
  readonly invoice: InvoiceHandle;
  readonly apiKey: string;
  /** The way to Stripe in the name of the invoice's account. */
  readonly stripe: StripeApi;
}

/** @throws {NotFoundError} when the workspace has no such invoice. */
export async function theInvoice(ctx: UseCaseContext, invoiceId: string): Promise<InvoiceHandle> {
  const invoice = await findInvoice(ctx.db, ctx.workspaceId, invoiceId);
  if (invoice === null) throw new NotFoundError('invoice', invoiceId);
  return invoice;
}

/**
 * The invoice and the key to act on it with.
 * @throws {NotFoundError} when the workspace has no such invoice. @throws {ConnectionInactiveError} when its account was disconnected.
 */
export async function reachInvoice(
  ctx: UseCaseContext,
  deps: PaymentDeps,
  invoiceId: string,
): Promise<ReachableInvoice> {
  const invoice = await theInvoice(ctx, invoiceId);
  const credential = await deps.credentials.stripe(ctx, invoice.connectionId);
  if (credential === null) throw new ConnectionInactiveError(invoice.connectionId);
  return { invoice, apiKey: credential.apiKey, stripe: actingAs(deps.stripe, ctx, credential) };
}
