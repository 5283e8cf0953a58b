import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { loadCoupon, loadCustomer, loadPlan, loadProduct, loadPromotionCode } from '../loaders.ts';
import { coupons, plans, promotionCodes } from '../repositories/mirrored.ts';
import { addEntity, type BillingTypes } from './builder.ts';
import { addQueries } from './lists.ts';
import type { MirroredRef } from './mirrored.ts';
import { moneyIfSaid } from './money.ts';
import { addWords } from './words.ts';

export function addPlan(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  types.Plan.implement({
    description:
      'What prices were called before there were prices; a price that is charged again and again still has one, with its id.',
    interfaces: [Mirrored],
    fields: (t) => ({
      product: t.field({
        type: types.Product,
        nullable: true,
        description: 'What it is the price of.',
        resolve: ({ productId }, _args, ctx) => loadProduct(ctx, productId),
      }),
      active: t.exposeBoolean('active', {
        nullable: true,
        description: 'Whether it can be used for new subscriptions.',
      }),
      nickname: t.exposeString('nickname', { nullable: true, description: 'The merchant’s own name for it.' }),
      amount: t.field({
        type: 'Money',
        nullable: true,
        description:
          'Price of one unit. Null when it depends on the quantity, or has a fraction of a minor unit; see `amountMinorDecimal`.',
        resolve: ({ amountMinor, currency }) => moneyIfSaid(amountMinor, currency),
      }),
      amountMinorDecimal: t.expose('amountDecimal', {
        type: 'Decimal',
        nullable: true,
        description: 'Price of one unit in Stripe’s minor units of the currency, with up to 12 decimal digits.',
      }),
      interval: t.expose('recurringInterval', {
        type: 'String',
        nullable: true,
        description: 'Unit of the interval, in capitals: `MONTH`.',
      }),
      intervalCount: t.expose('recurringIntervalCount', {
        type: 'Int',
        nullable: true,
        description: 'Length of the interval in `interval`s.',
      }),
      trialPeriodDays: t.exposeInt('trialPeriodDays', {
        nullable: true,
        description: 'Days of trial that new subscriptions get.',
      }),
    }),
  });
  addEntity(builder, types.Plan, loadPlan);
  addQueries(builder, {
    one: 'plan',
    many: 'plans',
    called: { one: 'plan', many: 'plans' },
    type: types.Plan,
    reads: plans,
    load: loadPlan,
    filters: (arg) => ({
      productId: arg.id({ description: 'Of this product.' }),
    }),
  });
}

export function addCoupon(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  const Duration = addWords(builder, 'CouponDuration', 'How long a coupon is taken off.', {
    ONCE: 'On one invoice.',
    REPEATING: 'For some months.',
    FOREVER: 'For as long as the subscription lasts.',
  });
  types.Coupon.implement({
    description: 'A discount that can be given.',
    interfaces: [Mirrored],
    fields: (t) => ({
      name: t.exposeString('name', { nullable: true, description: 'As customers see it.' }),
      amountOff: t.field({
        type: 'Money',
        nullable: true,
        description: 'What it takes off. Null: it takes off a percentage.',
        resolve: ({ amountOffMinor, currency }) => moneyIfSaid(amountOffMinor, currency),
      }),
      percentOff: t.expose('percentOff', {
        type: 'Decimal',
        nullable: true,
        description: 'Percentage that it takes off, which may have a fraction.',
      }),
      duration: t.field({
        type: Duration.type,
        nullable: true,
        description: 'How long it is taken off.',
        resolve: ({ duration }) => Duration.ifSaid(duration),
      }),
      durationInMonths: t.exposeInt('durationInMonths', {
        nullable: true,
        description: 'Months for which it is taken off, if it is for some months.',
      }),
      timesRedeemed: t.expose('timesRedeemed', {
        type: 'BigInt',
        nullable: true,
        description: 'How often it was given.',
      }),
      maxRedemptions: t.expose('maxRedemptions', {
        type: 'BigInt',
        nullable: true,
        description: 'How often it can be given. Null: without limit.',
      }),
      redeemBy: t.expose('redeemBy', {
        type: 'DateTime',
        nullable: true,
        description: 'Until when it can be given. Null: without end.',
      }),
      valid: t.exposeBoolean('valid', { nullable: true, description: 'Whether it can be given now.' }),
    }),
  });
  addEntity(builder, types.Coupon, loadCoupon);
  addQueries(builder, {
    one: 'coupon',
    many: 'coupons',
    called: { one: 'coupon', many: 'coupons' },
    type: types.Coupon,
    reads: coupons,
    load: loadCoupon,
  });
}

export function addPromotionCode(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  types.PromotionCode.implement({
    description: 'What a customer types in to get a coupon.',
    interfaces: [Mirrored],
    fields: (t) => ({
      code: t.exposeString('code', { nullable: true, description: 'What is typed in.' }),
      coupon: t.field({
        type: types.Coupon,
        nullable: true,
        description: 'What it gives.',
        resolve: ({ couponId }, _args, ctx) => loadCoupon(ctx, couponId),
      }),
      active: t.exposeBoolean('active', { nullable: true, description: 'Whether it can be used now.' }),
      customer: t.field({
        type: types.Customer,
        nullable: true,
        description: 'The one customer who may use it. Null: anybody may.',
        resolve: ({ customerId }, _args, ctx) => loadCustomer(ctx, customerId),
      }),
      expiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        nullable: true,
        description: 'Until when it can be used. Null: without end.',
      }),
      timesRedeemed: t.expose('timesRedeemed', {
        type: 'BigInt',
        nullable: true,
        description: 'How often it was used.',
      }),
      maxRedemptions: t.expose('maxRedemptions', {
        type: 'BigInt',
        nullable: true,
        description: 'How often it can be used. Null: without limit.',
      }),
      firstTimeTransaction: t.exposeBoolean('firstTimeTransaction', {
        nullable: true,
        description: 'Whether it is for customers who have not paid before.',
      }),
      minimumAmount: t.field({
        type: 'Money',
        nullable: true,
        description: 'The least that has to be bought.',
        resolve: ({ minimumAmountMinor, minimumAmountCurrency }) =>
          moneyIfSaid(minimumAmountMinor, minimumAmountCurrency),
      }),
    }),
  });
  addEntity(builder, types.PromotionCode, loadPromotionCode);
  addQueries(builder, {
    one: 'promotionCode',
    many: 'promotionCodes',
    called: { one: 'promotion code', many: 'promotion codes' },
    type: types.PromotionCode,
    reads: promotionCodes,
    load: loadPromotionCode,
    filters: (arg) => ({
      code: arg.string({ description: 'Typed in like this.' }),
      couponId: arg.id({ description: 'For this coupon.' }),
    }),
  });
}
