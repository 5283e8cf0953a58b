import type { Stripe } from 'stripe';
import { ProviderRefusedError } from '#subgraphs/shared/errors/errors.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { isMirrorKind, type MirrorKind, type ObjectKind } from '../domain/kinds.ts';
import type { StripeApi, StripeAuth } from './client.ts';
import { completeLists } from './complete-lists.ts';
import { rawPathOf } from './raw-paths.ts';
import { asJson, type ReadSpan, timedRead } from './read.ts';

type Retrieve = (stripe: Stripe, id: string, options: StripeAuth) => Promise<Stripe.Response<object>>;

const RETRIEVE: Record<MirrorKind, Retrieve> = {
  customer: (stripe, id, options) => stripe.customers.retrieve(id, {}, options),
  product: (stripe, id, options) => stripe.products.retrieve(id, {}, options),
  price: (stripe, id, options) => stripe.prices.retrieve(id, {}, options),
  plan: (stripe, id, options) => stripe.plans.retrieve(id, {}, options),
  coupon: (stripe, id, options) => stripe.coupons.retrieve(id, {}, options),
  promotion_code: (stripe, id, options) => stripe.promotionCodes.retrieve(id, {}, options),
  tax_rate: (stripe, id, options) => stripe.taxRates.retrieve(id, {}, options),
  tax_id: (stripe, id, options) => stripe.taxIds.retrieve(id, {}, options),
  quote: (stripe, id, options) => stripe.quotes.retrieve(id, {}, options),
  subscription: (stripe, id, options) => stripe.subscriptions.retrieve(id, {}, options),
  subscription_schedule: (stripe, id, options) => stripe.subscriptionSchedules.retrieve(id, {}, options),
  invoiceitem: (stripe, id, options) => stripe.invoiceItems.retrieve(id, {}, options),
  invoice: (stripe, id, options) => stripe.invoices.retrieve(id, {}, options),
  invoice_payment: (stripe, id, options) => stripe.invoicePayments.retrieve(id, {}, options),
  credit_note: (stripe, id, options) => stripe.creditNotes.retrieve(id, {}, options),
  charge: (stripe, id, options) => stripe.charges.retrieve(id, {}, options),
  payment_intent: (stripe, id, options) => stripe.paymentIntents.retrieve(id, {}, options),
  payment_method: (stripe, id, options) => stripe.paymentMethods.retrieve(id, {}, options),
  setup_intent: (stripe, id, options) => stripe.setupIntents.retrieve(id, {}, options),
  refund: (stripe, id, options) => stripe.refunds.retrieve(id, {}, options),
  dispute: (stripe, id, options) => stripe.disputes.retrieve(id, {}, options),
  'radar.early_fraud_warning': (stripe, id, options) => stripe.radar.earlyFraudWarnings.retrieve(id, {}, options),
  review: (stripe, id, options) => stripe.reviews.retrieve(id, {}, options),
  balance_transaction: (stripe, id, options) => stripe.balanceTransactions.retrieve(id, {}, options),
  payout: (stripe, id, options) => stripe.payouts.retrieve(id, {}, options),
  transfer: (stripe, id, options) => stripe.transfers.retrieve(id, {}, options),
  topup: (stripe, id, options) => stripe.topups.retrieve(id, {}, options),
  application_fee: (stripe, id, options) => stripe.applicationFees.retrieve(id, {}, options),
};

export interface RetrievedObject {
  /** Null when Stripe no longer has it. */
  readonly content: JsonObject | null;
  readonly span: ReadSpan;
}

/** Whether Stripe can be asked for one object of this kind by its id alone. Of some it only ever tells in events. */
export function canRetrieve(kind: ObjectKind): boolean {
  return isMirrorKind(kind) || rawPathOf(kind) !== null;
}

/**
 * Reads one object as it is now, with all rows of the lists inside it that we keep as rows: Stripe cuts those.
 * @throws {RangeError} for a kind that can't be retrieved.
 */
export async function retrieveObject(
  api: StripeApi,
  auth: StripeAuth,
  kind: ObjectKind,
  stripeId: string,
): Promise<RetrievedObject> {
  try {
    const { answer, span } = await timedRead(api, (stripe) => retrieve(stripe, auth, kind, stripeId));
    const content = asJson(answer);
    return content['deleted'] === true
      ? { content: null, span }
      : await completeLists(api, auth, kind, stripeId, { content, span });
  } catch (error) {
    if (!(error instanceof ProviderRefusedError) || error.providerCode !== 'resource_missing') throw error;
    return { content: null, span: { from: 0, to: 0 } };
  }
}

async function retrieve(
  stripe: Stripe,
  auth: StripeAuth,
  kind: ObjectKind,
  stripeId: string,
): Promise<Stripe.Response<object>> {
  if (isMirrorKind(kind)) return RETRIEVE[kind](stripe, stripeId, auth);
  const path = rawPathOf(kind);
  if (path === null) throw new RangeError(`Stripe can't be asked for a ${kind} by its id`);
  const answer: unknown = await stripe.rawRequest('GET', `${path}/${encodeURIComponent(stripeId)}`, undefined, auth);
  return answer as Stripe.Response<object>;
}
