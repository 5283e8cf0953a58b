import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { AnyColumns } from '../../domain/columns.ts';
import { isMirrorKind, type MirrorKind, type ObjectKind } from '../../domain/kinds.ts';
import { normaliseInvoiceItem, normaliseQuote, normaliseSubscriptionSchedule } from './agreed.ts';
import {
  normaliseApplicationFee,
  normaliseBalanceTransaction,
  normalisePayout,
  normaliseTopup,
  normaliseTransfer,
} from './balance.ts';
import { normalisePlan, normalisePrice, normaliseProduct } from './catalogue.ts';
import { normaliseCoupon, normalisePromotionCode } from './coupon.ts';
import { normaliseCreditNote } from './credit-note.ts';
import { normaliseCustomer } from './customer.ts';
import type { Owner } from './fields.ts';
import { normaliseInvoice } from './invoice.ts';
import {
  normaliseCharge,
  normaliseInvoicePayment,
  normalisePaymentIntent,
  normalisePaymentMethod,
  normaliseSetupIntent,
} from './payments.ts';
import { normaliseDispute, normaliseEarlyFraudWarning, normaliseRefund, normaliseReview } from './reversals.ts';
import { normaliseSubscription } from './subscription.ts';
import { normaliseTaxId, normaliseTaxRate } from './tax.ts';

const NORMALISERS: Record<MirrorKind, (object: JsonObject, owner: Owner) => AnyColumns> = {
  customer: normaliseCustomer,
  product: normaliseProduct,
  price: normalisePrice,
  plan: normalisePlan,
  coupon: normaliseCoupon,
  promotion_code: normalisePromotionCode,
  tax_rate: normaliseTaxRate,
  tax_id: normaliseTaxId,
  quote: normaliseQuote,
  subscription: normaliseSubscription,
  subscription_schedule: normaliseSubscriptionSchedule,
  invoiceitem: normaliseInvoiceItem,
  invoice: normaliseInvoice,
  invoice_payment: normaliseInvoicePayment,
  credit_note: normaliseCreditNote,
  charge: normaliseCharge,
  payment_intent: normalisePaymentIntent,
  payment_method: normalisePaymentMethod,
  setup_intent: normaliseSetupIntent,
  refund: normaliseRefund,
  dispute: normaliseDispute,
  'radar.early_fraud_warning': normaliseEarlyFraudWarning,
  review: normaliseReview,
  balance_transaction: normaliseBalanceTransaction,
  payout: normalisePayout,
  transfer: normaliseTransfer,
  topup: normaliseTopup,
  application_fee: normaliseApplicationFee,
};

/**
 * One object, in whatever version of the API it came, as the columns of its table. What that version does not say is left out. A kind that has
 * no table has no columns.
 */
export function normalise(kind: ObjectKind, object: JsonObject, owner: Owner): AnyColumns {
  return isMirrorKind(kind) ? NORMALISERS[kind](object, owner) : {};
}
