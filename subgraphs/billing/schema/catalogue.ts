import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { loadPrice, loadProduct } from '../loaders.ts';
import { prices, products } from '../repositories/mirrored.ts';
import { addEntity, type BillingTypes } from './builder.ts';
import { addQueries } from './lists.ts';
import type { MirroredRef } from './mirrored.ts';
import { addWords } from './words.ts';

export function addProduct(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  types.Product.implement({
    description: 'What is sold.',
    interfaces: [Mirrored],
    fields: (t) => ({
      name: t.exposeString('name', { nullable: true, description: 'As customers see it.' }),
      description: t.exposeString('description', { nullable: true, description: 'Longer, as customers see it.' }),
      active: t.exposeBoolean('active', {
        nullable: true,
        description: 'Whether it can be bought now. False: archived.',
      }),
      defaultPrice: t.field({
        type: types.Price,
        nullable: true,
        description: 'The price offered unless another is chosen.',
        resolve: ({ defaultPriceId }, _args, ctx) => loadPrice(ctx, defaultPriceId),
      }),
    }),
  });
  addEntity(builder, types.Product, loadProduct);
  addQueries(builder, {
    one: 'product',
    many: 'products',
    called: { one: 'product', many: 'products' },
    type: types.Product,
    reads: products,
    load: loadProduct,
  });
}

export function addPrice(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  const PriceType = addWords(builder, 'PriceType', 'Whether a price is charged once or again and again.', {
    ONE_TIME: 'Charged once.',
    RECURRING: 'Charged every interval.',
  });
  const Interval = addWords(builder, 'BillingInterval', 'The unit of a recurring price’s interval.', {
    DAY: 'Calendar days.',
    WEEK: 'Weeks.',
    MONTH: 'Calendar months.',
    YEAR: 'Calendar years.',
  });
  types.Price.implement({
    description: 'What a product costs. A product has several: by currency, interval or plan.',
    interfaces: [Mirrored],
    fields: (t) => ({
      product: t.field({
        type: types.Product,
        nullable: true,
        description: 'What it is the price of.',
        resolve: ({ productId }, _args, ctx) => loadProduct(ctx, productId),
      }),
      active: t.exposeBoolean('active', { nullable: true, description: 'Whether it can be used for new purchases.' }),
      nickname: t.exposeString('nickname', { nullable: true, description: 'The merchant’s own name for it.' }),
      lookupKey: t.exposeString('lookupKey', { nullable: true, description: 'The merchant’s own key for finding it.' }),
      type: t.field({
        type: PriceType.type,
        nullable: true,
        description: 'Once, or again and again.',
        resolve: ({ type }) => (type === null ? null : PriceType.of(type)),
      }),
      unitAmount: t.field({
        type: 'Money',
        nullable: true,
        description:
          'Price of one unit. Null when it depends on the quantity, or has a fraction of a minor unit; see `unitAmountMinorDecimal`.',
        resolve: ({ unitAmountMinor, currency }) =>
          unitAmountMinor === null || currency === null ? null : { amountMinor: unitAmountMinor, currency },
      }),
      unitAmountMinorDecimal: t.expose('unitAmountDecimal', {
        type: 'Decimal',
        nullable: true,
        description: 'Price of one unit in Stripe’s minor units of the currency, with up to 12 decimal digits.',
      }),
      interval: t.field({
        type: Interval.type,
        nullable: true,
        description: 'Unit of the interval. Null for a price that is charged once.',
        resolve: ({ recurringInterval }) => (recurringInterval === null ? null : Interval.of(recurringInterval)),
      }),
      intervalCount: t.exposeInt('recurringIntervalCount', {
        nullable: true,
        description: 'Length of the interval in `interval`s: 3 and MONTH is a quarter.',
      }),
    }),
  });
  addEntity(builder, types.Price, loadPrice);
  addQueries(builder, {
    one: 'price',
    many: 'prices',
    called: { one: 'price', many: 'prices' },
    type: types.Price,
    reads: prices,
    load: loadPrice,
    filters: (arg) => ({ productId: arg.id({ description: 'Of this product.' }) }),
  });
}
