import type { IdPrefix } from '#subgraphs/shared/ids/ids.ts';

const PREFIXES = {
  customer: 'cus',
  product: 'prod',
  price: 'price',
  plan: 'plan',
  coupon: 'coup',
  promotion_code: 'promo',
  tax_rate: 'txr',
  tax_id: 'txi',
  quote: 'qt',
  subscription: 'sub',
  subscription_schedule: 'sched',
  invoiceitem: 'ii',
  invoice: 'inv',
  invoice_payment: 'inpay',
  credit_note: 'cn',
  charge: 'ch',
  payment_intent: 'pi',
  payment_method: 'pm',
  setup_intent: 'seti',
  refund: 're',
  dispute: 'dp',
  'radar.early_fraud_warning': 'efw',
  review: 'rev',
  balance_transaction: 'txn',
  payout: 'po',
  transfer: 'tr',
  topup: 'tu',
  application_fee: 'fee',
} as const satisfies Record<string, IdPrefix>;

/** A kind of Stripe object that has a table of its own, by Stripe's word for it (`object`). */
export type MirrorKind = keyof typeof PREFIXES;
export const MIRROR_KINDS = Object.keys(PREFIXES) as readonly MirrorKind[];

/** Any of Stripe's words for a kind of object, also one that Stripe adds tomorrow: what has no table of its own is kept raw. */
export type ObjectKind = string;

export function isMirrorKind(object: unknown): object is MirrorKind {
  return typeof object === 'string' && Object.hasOwn(PREFIXES, object);
}

export function prefixOf(kind: MirrorKind): IdPrefix {
  return PREFIXES[kind];
}
