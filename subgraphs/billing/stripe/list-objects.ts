import type { Stripe } from 'stripe';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { MirrorKind } from '../domain/kinds.ts';
import type { StripeApi, StripeAuth } from './client.ts';
import { asJson, type ReadSpan, timedRead } from './read.ts';

/** Stripe's largest page. */
export const PAGE_SIZE = 100;

/** What narrows a list. Stripe's defaults hide objects: canceled subscriptions, archived prices, everything on a test clock. */
export interface ListFilter {
  readonly testClock?: string;
  readonly active?: boolean;
  /** Payment methods are listed by customer only; tax ids without one are the merchant's own. */
  readonly customer?: string;
  /** Balance transactions: those that were paid out in it, which is the only way to learn that. */
  readonly payout?: string;
  /** Balance transactions: those of this second of Stripe's and later. */
  readonly since?: number;
}

export interface Page {
  readonly objects: readonly JsonObject[];
  /** Where the next page begins; null at the end. */
  readonly next: string | null;
  readonly span: ReadSpan;
}

interface PageParams {
  readonly limit: number;
  readonly starting_after?: string;
}
type List = (
  stripe: Stripe,
  filter: ListFilter,
  page: PageParams,
  options: StripeAuth,
) => Promise<Stripe.Response<Stripe.ApiList<object>>>;

const clockOf = ({ testClock }: ListFilter): { test_clock?: string } =>
  testClock === undefined ? {} : { test_clock: testClock };
const activeOf = ({ active }: ListFilter): { active?: boolean } => (active === undefined ? {} : { active });

const LIST: Record<MirrorKind, List> = {
  customer: (stripe, filter, page, options) => stripe.customers.list({ ...page, ...clockOf(filter) }, options),
  product: (stripe, filter, page, options) => stripe.products.list({ ...page, ...activeOf(filter) }, options),
  price: (stripe, filter, page, options) => stripe.prices.list({ ...page, ...activeOf(filter) }, options),
  subscription: (stripe, filter, page, options) =>
    stripe.subscriptions.list({ ...page, ...clockOf(filter), status: 'all' }, options),
  invoice: (stripe, _filter, page, options) => stripe.invoices.list(page, options),
  charge: (stripe, _filter, page, options) => stripe.charges.list(page, options),
  payment_intent: (stripe, _filter, page, options) => stripe.paymentIntents.list(page, options),
  payment_method: (stripe, filter, page, options) =>
    stripe.customers.listPaymentMethods(filter.customer ?? '', page, options),
  plan: (stripe, filter, page, options) => stripe.plans.list({ ...page, ...activeOf(filter) }, options),
  coupon: (stripe, _filter, page, options) => stripe.coupons.list(page, options),
  promotion_code: (stripe, filter, page, options) =>
    stripe.promotionCodes.list({ ...page, ...activeOf(filter) }, options),
  tax_rate: (stripe, filter, page, options) => stripe.taxRates.list({ ...page, ...activeOf(filter) }, options),
  tax_id: (stripe, { customer }, page, options) =>
    stripe.taxIds.list(
      { ...page, owner: customer === undefined ? { type: 'self' } : { type: 'customer', customer } },
      options,
    ),
  quote: (stripe, filter, page, options) => stripe.quotes.list({ ...page, ...clockOf(filter) }, options),
  subscription_schedule: (stripe, _filter, page, options) => stripe.subscriptionSchedules.list(page, options),
  invoiceitem: (stripe, _filter, page, options) => stripe.invoiceItems.list(page, options),
  invoice_payment: (stripe, _filter, page, options) => stripe.invoicePayments.list(page, options),
  credit_note: (stripe, _filter, page, options) => stripe.creditNotes.list(page, options),
  setup_intent: (stripe, _filter, page, options) => stripe.setupIntents.list(page, options),
  refund: (stripe, _filter, page, options) => stripe.refunds.list(page, options),
  dispute: (stripe, _filter, page, options) => stripe.disputes.list(page, options),
  'radar.early_fraud_warning': (stripe, _filter, page, options) => stripe.radar.earlyFraudWarnings.list(page, options),
  // Stripe lists open ones only.
  review: (stripe, _filter, page, options) => stripe.reviews.list(page, options),
  balance_transaction: (stripe, { payout, since }, page, options) =>
    stripe.balanceTransactions.list(
      {
        ...page,
        ...(payout === undefined ? {} : { payout }),
        ...(since === undefined ? {} : { created: { gte: since } }),
      },
      options,
    ),
  payout: (stripe, _filter, page, options) => stripe.payouts.list(page, options),
  transfer: (stripe, _filter, page, options) => stripe.transfers.list(page, options),
  topup: (stripe, _filter, page, options) => stripe.topups.list(page, options),
  application_fee: (stripe, _filter, page, options) => stripe.applicationFees.list(page, options),
};

/** One page, newest first. */
export async function listObjects(
  api: StripeApi,
  auth: StripeAuth,
  kind: MirrorKind,
  filter: ListFilter,
  after: string | null,
): Promise<Page> {
  const page: PageParams = after === null ? { limit: PAGE_SIZE } : { limit: PAGE_SIZE, starting_after: after };
  const { answer, span } = await timedRead(api, (stripe) => LIST[kind](stripe, filter, page, auth));
  const objects = answer.data.map(asJson);
  const last = objects.at(-1)?.['id'];
  return { objects, next: answer.has_more && typeof last === 'string' ? last : null, span };
}
