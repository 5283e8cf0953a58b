import { longId, shortId } from '../store/ids.ts';
import type { Price, Subscription, SubscriptionItem } from '../store/kinds.ts';
import { planOf } from './catalogue.ts';

export interface NewItem {
  readonly created: number;
  readonly subscription: string;
  readonly price: Price;
  readonly quantity: number;
  readonly periodStart: number;
  readonly periodEnd: number;
  readonly metadata?: Record<string, string>;
}

export function buildItem({
  created,
  subscription,
  price,
  quantity,
  periodStart,
  periodEnd,
  metadata,
}: NewItem): SubscriptionItem {
  return {
    id: shortId('si'),
    object: 'subscription_item',
    billing_thresholds: null,
    created,
    current_period_end: periodEnd,
    current_period_start: periodStart,
    current_trial: null,
    discounts: [],
    metadata: metadata ?? {},
    plan: planOf(price),
    price,
    quantity,
    subscription,
    tax_rates: [],
  };
}

export interface NewSubscription {
  readonly created: number;
  readonly livemode: boolean;
  readonly customer: string;
  readonly currency: string;
  readonly testClock: string | null;
  readonly items: readonly { price: Price; quantity: number; metadata?: Record<string, string> }[];
  readonly periodEnd: number;
  readonly fields: Partial<Subscription>;
}

export function buildSubscription(given: NewSubscription): Subscription {
  const id = longId('sub');
  const { created, livemode, currency, customer, testClock, periodEnd } = given;
  const items = given.items.map((item) =>
    buildItem({ created, subscription: id, periodStart: created, periodEnd, ...item }),
  );
  return {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: created,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible' },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: 'charge_automatically',
    created,
    currency,
    customer,
    customer_account: null,
    days_until_due: null,
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    items: { object: 'list', data: items, has_more: false, url: `/v1/subscription_items?subscription=${id}` },
    latest_invoice: null,
    livemode,
    managed_payments: null,
    metadata: {},
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: { payment_method_options: null, payment_method_types: null, save_default_payment_method: 'off' },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: created,
    status: 'incomplete',
    test_clock: testClock,
    transfer_data: null,
    trial_end: null,
    trial_settings: { end_behavior: { billing_cycle_anchor: null, missing_payment_method: 'create_invoice' } },
    trial_start: null,
    ...given.fields,
  };
}
