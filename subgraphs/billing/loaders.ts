import type { Db } from '#subgraphs/shared/db/prisma.ts';
import type { GraphContext } from '#subgraphs/shared/graphql/context.ts';
import * as mirrored from './repositories/mirrored.ts';
import type { MirroredReads } from './repositories/mirrored.ts';
import { payoutTotals, type PayoutTotal } from './repositories/payout-totals.ts';

/** One row by its id; null when there is none, none yet, or it is another workspace's. All that one request asks for is read at once. */
export type Load<Row> = (ctx: GraphContext, id: string | null) => Promise<Row | null>;

function loaderOf<Row>(name: string, reads: MirroredReads<Row>): Load<Row> {
  return async (ctx, id) => {
    if (id === null) return null;
    const { db, workspaceId } = ctx.useCases;
    return ctx.loader(`billing.${name}`, (ids) => reads.byIds(db, workspaceId, ids)).load(id);
  };
}

export const loadCustomer = loaderOf('customer', mirrored.customers);
export const loadProduct = loaderOf('product', mirrored.products);
export const loadPrice = loaderOf('price', mirrored.prices);
export const loadPlan = loaderOf('plan', mirrored.plans);
export const loadCoupon = loaderOf('coupon', mirrored.coupons);
export const loadPromotionCode = loaderOf('promotionCode', mirrored.promotionCodes);
export const loadSubscription = loaderOf('subscription', mirrored.subscriptions);
export const loadInvoice = loaderOf('invoice', mirrored.invoices);
export const loadInvoicePayment = loaderOf('invoicePayment', mirrored.invoicePayments);
export const loadCreditNote = loaderOf('creditNote', mirrored.creditNotes);
export const loadCharge = loaderOf('charge', mirrored.charges);
export const loadRefund = loaderOf('refund', mirrored.refunds);
export const loadDispute = loaderOf('dispute', mirrored.disputes);
export const loadPaymentIntent = loaderOf('paymentIntent', mirrored.paymentIntents);
export const loadPaymentMethod = loaderOf('paymentMethod', mirrored.paymentMethods);
export const loadSetupIntent = loaderOf('setupIntent', mirrored.setupIntents);
export const loadBalanceTransaction = loaderOf('balanceTransaction', mirrored.balanceTransactions);
export const loadPayout = loaderOf('payout', mirrored.payouts);
export const loadTransfer = loaderOf('transfer', mirrored.transfers);

export const loadItems = listLoader('itemsBySubscription', mirrored.itemsBySubscription);
export const loadPaymentIntentIds = listLoader('paymentIntentsByInvoice', mirrored.paymentIntentsByInvoice);
export const loadInvoiceLines = listLoader('linesByInvoice', mirrored.linesByInvoice);
export const loadInvoicePayments = listLoader('paymentsByInvoice', mirrored.paymentsByInvoice);
export const loadCreditNotes = listLoader('creditNotesByInvoice', mirrored.creditNotesByInvoice);
export const loadCreditNoteLines = listLoader('linesByCreditNote', mirrored.linesByCreditNote);
export const loadRefunds = listLoader('refundsByCharge', mirrored.refundsByCharge);
export const loadDisputes = listLoader('disputesByCharge', mirrored.disputesByCharge);

export const loadMovements = listLoader('balanceTransactionsBySource', mirrored.balanceTransactionsBySource);

/** Null when no balance transaction of the payout is known. */
export async function loadPayoutTotal(ctx: GraphContext, payoutId: string): Promise<PayoutTotal | null> {
  const { db, workspaceId } = ctx.useCases;
  return ctx.loader('billing.payoutTotal', (ids) => payoutTotals(db, workspaceId, ids)).load(payoutId);
}

type ReadLists<Row> = (db: Db, workspaceId: string, ids: readonly string[]) => Promise<ReadonlyMap<string, Row[]>>;

function listLoader<Row>(
  name: string,
  read: ReadLists<Row>,
): (ctx: GraphContext, id: string) => Promise<readonly Row[]> {
  return async (ctx, id) => {
    const { db, workspaceId } = ctx.useCases;
    return (await ctx.loader(`billing.${name}`, (ids) => read(db, workspaceId, ids)).load(id)) ?? [];
  };
}
