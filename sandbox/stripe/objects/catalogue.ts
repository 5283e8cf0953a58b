/** Products, prices, and the plan that older clients still read inside a subscription item. */
import { longId, shortId } from '../store/ids.ts';
import type { Plan, Price, Product } from '../store/kinds.ts';

export function buildProduct(created: number, livemode: boolean, fields: Partial<Product> & { name: string }): Product {
  return {
    id: shortId('prod'),
    object: 'product',
    active: true,
    created,
    default_price: null,
    description: null,
    images: [],
    livemode,
    marketing_features: [],
    metadata: {},
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: null,
    updated: created,
    url: null,
    ...fields,
  };
}

export interface NewPrice {
  readonly created: number;
  readonly livemode: boolean;
  readonly currency: string;
  readonly product: string;
  /** Minor units. */
  readonly unitAmount: number;
  readonly recurring: { interval: 'day' | 'month' | 'week' | 'year'; intervalCount: number } | null;
  readonly fields: Partial<Price>;
}

export function buildPrice({ created, livemode, currency, product, unitAmount, recurring, fields }: NewPrice): Price {
  return {
    id: longId('price'),
    object: 'price',
    active: true,
    billing_scheme: 'per_unit',
    created,
    currency,
    custom_unit_amount: null,
    livemode,
    lookup_key: null,
    metadata: {},
    nickname: null,
    product,
    recurring: recurring && {
      interval: recurring.interval,
      interval_count: recurring.intervalCount,
      meter: null,
      trial_period_days: null,
      usage_type: 'licensed',
    },
    tax_behavior: 'unspecified',
    tiers_mode: null,
    transform_quantity: null,
    type: recurring ? 'recurring' : 'one_time',
    unit_amount: unitAmount,
    unit_amount_decimal: String(unitAmount),
    ...fields,
  };
}

export function planOf(price: Price): Plan {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: 'per_unit',
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? 'month',
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: price.livemode,
    metadata: price.metadata,
    meter: null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: null,
    transform_usage: null,
    trial_period_days: null,
    usage_type: 'licensed',
  };
}
