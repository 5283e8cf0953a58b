import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { Columns } from '../../domain/columns.ts';
import { big, decimal, flag, instant, link, minor, type Owner, part, text, whole, word } from './fields.ts';

export function normaliseCoupon(coupon: JsonObject): Columns<'coupon'> {
  const currency = word(coupon, 'currency');
  return {
    name: text(coupon, 'name'),
    amountOffMinor: minor(coupon, 'amount_off', currency),
    currency,
    percentOff: decimal(coupon, 'percent_off'),
    duration: word(coupon, 'duration'),
    durationInMonths: whole(coupon, 'duration_in_months'),
    maxRedemptions: big(coupon, 'max_redemptions'),
    timesRedeemed: big(coupon, 'times_redeemed'),
    redeemBy: instant(coupon, 'redeem_by'),
    valid: flag(coupon, 'valid'),
  };
}

export function normalisePromotionCode(code: JsonObject, owner: Owner): Columns<'promotion_code'> {
  const restrictions = part(code, 'restrictions');
  const minimumAmountCurrency = word(restrictions, 'minimum_amount_currency');
  return {
    code: text(code, 'code'),
    // Since 2025-09-30 under `promotion`; before, the coupon itself.
    couponId: link('coupon', code['promotion'] === undefined ? code : part(code, 'promotion'), 'coupon', owner),
    active: flag(code, 'active'),
    customerId: link('customer', code, 'customer', owner),
    expiresAt: instant(code, 'expires_at'),
    maxRedemptions: big(code, 'max_redemptions'),
    timesRedeemed: big(code, 'times_redeemed'),
    firstTimeTransaction: flag(restrictions, 'first_time_transaction'),
    minimumAmountMinor: minor(restrictions, 'minimum_amount', minimumAmountCurrency),
    minimumAmountCurrency,
  };
}
