import type {
  BalanceTransaction,
  Charge,
  Coupon,
  CreditNote,
  CreditNoteLine,
  Customer,
  Dispute,
  Invoice,
  InvoiceLine,
  InvoicePaymentObject,
  PaymentIntent,
  PaymentMethod,
  Payout,
  Plan,
  Price,
  Product,
  PromotionCode,
  Refund,
  SetupIntent,
  Subscription,
  SubscriptionItem,
  Transfer,
} from '#prisma/generated/client/client.ts';
import type { Db } from '#subgraphs/shared/db/prisma.ts';

/** What the graph shows of a row: without what Stripe sent literally, and without the evidence it rests on. */
type Shown<Row> = Omit<
  Row,
  'raw' | 'versionPrevious' | 'versionCreated' | 'versionFrom' | 'versionRank' | 'versionEventId'
>;

export type CustomerRow = Shown<Customer>;
export type ProductRow = Shown<Product>;
export type PriceRow = Shown<Price>;
export type SubscriptionRow = Shown<Subscription>;
export type SubscriptionItemRow = Shown<SubscriptionItem>;
export type InvoiceRow = Shown<Invoice>;
export type ChargeRow = Shown<Charge>;
export type PaymentIntentRow = Shown<PaymentIntent>;
export type PaymentMethodRow = Shown<PaymentMethod>;
export type BalanceTransactionRow = Shown<BalanceTransaction>;
export type CouponRow = Shown<Coupon>;
export type CreditNoteRow = Shown<CreditNote>;
export type CreditNoteLineRow = Shown<CreditNoteLine>;
export type DisputeRow = Shown<Dispute>;
export type InvoiceLineRow = Shown<InvoiceLine>;
export type InvoicePaymentRow = Shown<InvoicePaymentObject>;
export type PayoutRow = Shown<Payout>;
export type PlanRow = Shown<Plan>;
export type PromotionCodeRow = Shown<PromotionCode>;
export type RefundRow = Shown<Refund>;
export type SetupIntentRow = Shown<SetupIntent>;
export type TransferRow = Shown<Transfer>;

/** Conditions on columns; what is undefined does not restrict. */
export type Filter = Readonly<Record<string, string | undefined>>;

/** A page of a list, as Prisma takes it. */
export interface Slice {
  readonly where: object;
  readonly orderBy: object[];
  readonly take: number;
}

export interface MirroredReads<Row> {
  byIds(db: Db, workspaceId: string, ids: readonly string[]): Promise<ReadonlyMap<string, Row>>;
  /** Without deleted ones. */
  page(db: Db, workspaceId: string, filter: Filter, slice: Slice): Promise<Row[]>;
  /** Exact up to `upTo`, and never more. */
  count(db: Db, workspaceId: string, filter: Filter, upTo: number): Promise<number>;
}

/** The part of a Prisma delegate that is the same for every table of the mirror; its own types are too clever to be shared. */
interface Delegate<Row> {
  findMany(query: { where: object; orderBy?: object[]; take?: number; omit: typeof HIDDEN }): PromiseLike<Row[]>;
  count(query: { where: object; take: number }): PromiseLike<number>;
}

const HIDDEN = {
  raw: true,
  versionPrevious: true,
  versionCreated: true,
  versionFrom: true,
  versionRank: true,
  versionEventId: true,
} as const;

function readsOf<Row extends { readonly id: string }>(delegateOf: (db: Db) => unknown): MirroredReads<Row> {
  const table = (db: Db): Delegate<Row> => delegateOf(db) as Delegate<Row>;
  const matching = (workspaceId: string, filter: Filter): object => ({
    workspaceId,
    deletedAt: null,
    ...Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)),
  });
  return {
    byIds: async (db, workspaceId, ids) => {
      const rows = await table(db).findMany({ where: { workspaceId, id: { in: [...ids] } }, omit: HIDDEN });
      return new Map(rows.map((row) => [row.id, row]));
    },
    page: async (db, workspaceId, filter, slice) =>
      table(db).findMany({ ...slice, where: { ...slice.where, ...matching(workspaceId, filter) }, omit: HIDDEN }),
    count: async (db, workspaceId, filter, upTo) =>
      table(db).count({ where: matching(workspaceId, filter), take: upTo }),
  };
}

export const customers = readsOf<CustomerRow>((db) => db.customer);
export const products = readsOf<ProductRow>((db) => db.product);
export const prices = readsOf<PriceRow>((db) => db.price);
export const subscriptions = readsOf<SubscriptionRow>((db) => db.subscription);
export const invoices = readsOf<InvoiceRow>((db) => db.invoice);
export const charges = readsOf<ChargeRow>((db) => db.charge);
export const paymentIntents = readsOf<PaymentIntentRow>((db) => db.paymentIntent);
export const paymentMethods = readsOf<PaymentMethodRow>((db) => db.paymentMethod);
export const plans = readsOf<PlanRow>((db) => db.plan);
export const coupons = readsOf<CouponRow>((db) => db.coupon);
export const promotionCodes = readsOf<PromotionCodeRow>((db) => db.promotionCode);
export const refunds = readsOf<RefundRow>((db) => db.refund);
export const disputes = readsOf<DisputeRow>((db) => db.dispute);
export const creditNotes = readsOf<CreditNoteRow>((db) => db.creditNote);
export const setupIntents = readsOf<SetupIntentRow>((db) => db.setupIntent);
export const payouts = readsOf<PayoutRow>((db) => db.payout);
export const transfers = readsOf<TransferRow>((db) => db.transfer);
export const invoicePayments = readsOf<InvoicePaymentRow>((db) => db.invoicePaymentObject);
export const balanceTransactions = readsOf<BalanceTransactionRow>((db) => db.balanceTransaction);

/** The live items of subscriptions, by subscription, oldest first. */
export async function itemsBySubscription(
  db: Pick<Db, 'subscriptionItem'>,
  workspaceId: string,
  subscriptionIds: readonly string[],
): Promise<ReadonlyMap<string, SubscriptionItemRow[]>> {
  const rows = await db.subscriptionItem.findMany({
    where: { workspaceId, subscriptionId: { in: [...subscriptionIds] }, deletedAt: null },
    orderBy: [{ stripeCreatedAt: 'asc' }, { id: 'asc' }],
    omit: HIDDEN,
  });
  return grouped(rows.map((row) => [row.subscriptionId, row]));
}

/** What refers to objects, by the object it refers to; deleted ones are left out. */
type ReadsBy<Row> = (db: Db, workspaceId: string, referredTo: readonly string[]) => Promise<ReadonlyMap<string, Row[]>>;

function readsBy<Row>(
  delegateOf: (db: Db) => unknown,
  column: keyof Row & string,
  orderBy: object[] = [{ stripeCreatedAt: 'asc' }, { id: 'asc' }],
): ReadsBy<Row> {
  return async (db, workspaceId, referredTo) => {
    const table = delegateOf(db) as Delegate<Row>;
    const where = { workspaceId, [column]: { in: [...referredTo] }, deletedAt: null };
    const rows = await table.findMany({ where, orderBy, omit: HIDDEN });
    return grouped(rows.map((row) => [row[column] as string, row]));
  };
}

/** As they stand on the invoice. */
export const linesByInvoice = readsBy<InvoiceLineRow>((db) => db.invoiceLine, 'invoiceId', [
  { position: 'asc' },
  { id: 'asc' },
]);
export const linesByCreditNote = readsBy<CreditNoteLineRow>((db) => db.creditNoteLine, 'creditNoteId', [
  { position: 'asc' },
  { id: 'asc' },
]);
export const paymentsByInvoice = readsBy<InvoicePaymentRow>((db) => db.invoicePaymentObject, 'invoiceId');
export const creditNotesByInvoice = readsBy<CreditNoteRow>((db) => db.creditNote, 'invoiceId');
export const refundsByCharge = readsBy<RefundRow>((db) => db.refund, 'chargeId');
export const disputesByCharge = readsBy<DisputeRow>((db) => db.dispute, 'chargeId');

/** By Stripe's id of what moved the balance. */
export const balanceTransactionsBySource = readsBy<BalanceTransactionRow>(
  (db) => db.balanceTransaction,
  'sourceStripeId',
);

/** Our ids of the payment intents an invoice was collected by, by invoice. */
export async function paymentIntentsByInvoice(
  db: Pick<Db, 'invoicePayment'>,
  workspaceId: string,
  invoiceIds: readonly string[],
): Promise<ReadonlyMap<string, string[]>> {
  const links = await db.invoicePayment.findMany({
    where: { workspaceId, invoiceId: { in: [...invoiceIds] }, paymentIntentId: { not: null } },
    orderBy: { paymentStripeId: 'asc' },
    select: { invoiceId: true, paymentIntentId: true },
  });
  return grouped(
    links.flatMap(({ invoiceId, paymentIntentId }) => (paymentIntentId === null ? [] : [[invoiceId, paymentIntentId]])),
  );
}

function grouped<Row>(pairs: readonly (readonly [key: string, row: Row])[]): ReadonlyMap<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const [key, row] of pairs) groups.set(key, [...(groups.get(key) ?? []), row]);
  return groups;
}
