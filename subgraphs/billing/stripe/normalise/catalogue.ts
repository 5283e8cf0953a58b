import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { Columns } from '../../domain/columns.ts';
import { decimal, flag, link, minor, type Owner, part, text, whole, word } from './fields.ts';

export function normaliseProduct(product: JsonObject, owner: Owner): Columns<'product'> {
  return {
    name: text(product, 'name'),
    active: flag(product, 'active'),
    description: text(product, 'description'),
    defaultPriceId: link('price', product, 'default_price', owner),
  };
}

export function normalisePrice(price: JsonObject, owner: Owner): Columns<'price'> {
  const currency = word(price, 'currency');
  const recurring = part(price, 'recurring');
  const once = price['recurring'] === null ? null : undefined;
  return {
    productId: link('product', price, 'product', owner),
    active: flag(price, 'active'),
    currency,
    unitAmountMinor: minor(price, 'unit_amount', currency),
    unitAmountDecimal: text(price, 'unit_amount_decimal'),
    nickname: text(price, 'nickname'),
    lookupKey: text(price, 'lookup_key'),
    type: word(price, 'type'),
    recurringInterval: word(recurring, 'interval') ?? once,
    recurringIntervalCount: whole(recurring, 'interval_count') ?? once,
    usageType: word(recurring, 'usage_type') ?? once,
  };
}

export function normalisePlan(plan: JsonObject, owner: Owner): Columns<'plan'> {
  const currency = word(plan, 'currency');
  return {
    productId: link('product', plan, 'product', owner),
    active: flag(plan, 'active'),
    currency,
    amountMinor: minor(plan, 'amount', currency),
    amountDecimal: decimal(plan, 'amount_decimal'),
    nickname: text(plan, 'nickname'),
    recurringInterval: word(plan, 'interval'),
    recurringIntervalCount: whole(plan, 'interval_count'),
    usageType: word(plan, 'usage_type'),
    trialPeriodDays: whole(plan, 'trial_period_days'),
  };
}
