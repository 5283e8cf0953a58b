import { z } from 'zod';
import { invalid } from '../http/errors.ts';
import { operation, type Operation } from '../http/operation.ts';
import { listOperation } from '../http/paginate.ts';
import { clearable, flag, list, mergedMetadata, metadata, positive, text } from '../http/parameters.ts';
import { buildPrice, buildProduct } from '../objects/catalogue.ts';
import type { Price } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

const recurring = z.strictObject({
  interval: z.enum(['day', 'week', 'month', 'year']),
  interval_count: positive.optional(),
  usage_type: z.enum(['licensed']).optional(),
});
const taxBehavior = z.enum(['exclusive', 'inclusive', 'unspecified']);
const createShape = z.strictObject({
  currency: text,
  unit_amount: positive.optional(),
  unit_amount_decimal: text.optional(),
  product: text.optional(),
  product_data: z
    .strictObject({
      name: text,
      metadata: metadata.optional(),
      unit_label: text.optional(),
      statement_descriptor: text.optional(),
      tax_code: text.optional(),
      active: flag.optional(),
    })
    .optional(),
  recurring: recurring.optional(),
  active: flag.optional(),
  nickname: text.optional(),
  lookup_key: text.optional(),
  metadata: metadata.optional(),
  tax_behavior: taxBehavior.optional(),
  billing_scheme: z.enum(['per_unit']).optional(),
});
const updateShape = z.strictObject({
  active: flag.optional(),
  nickname: clearable.optional(),
  lookup_key: clearable.optional(),
  metadata: metadata.optional(),
  tax_behavior: taxBehavior.optional(),
});

export type PriceInput = z.output<typeof createShape>;

export async function createPrice(work: UnitOfWork, input: PriceInput): Promise<Price> {
  const at = work.wallNow();
  const unitAmount = input.unit_amount ?? wholeUnits(input.unit_amount_decimal);
  const fields: Partial<Price> = { metadata: mergedMetadata(null, input.metadata) };
  for (const key of ['active', 'nickname', 'lookup_key', 'tax_behavior'] as const)
    if (input[key] !== undefined) Object.assign(fields, { [key]: input[key] });
  const price = await work.insert(
    'price',
    buildPrice({
      created: at,
      livemode: work.scope.livemode,
      currency: currencyOf(input.currency),
      product: await productOf(work, input, at),
      unitAmount,
      fields,
      recurring: input.recurring
        ? { interval: input.recurring.interval, intervalCount: input.recurring.interval_count ?? 1 }
        : null,
    }),
    {},
  );
  await work.announce('price.created', price, at);
  return price;
}

async function productOf(work: UnitOfWork, input: PriceInput, at: number): Promise<string> {
  if (input.product !== undefined) return (await work.get('product', input.product, 'product')).id;
  if (!input.product_data)
    throw invalid('You must specify either `product` or `product_data` when creating a price.', {
      code: 'parameter_missing',
      param: 'product',
    });
  const { metadata: meta, ...rest } = input.product_data;
  const fields = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const product = await work.insert(
    'product',
    buildProduct(at, work.scope.livemode, { ...fields, name: rest.name, metadata: mergedMetadata(null, meta) }),
    {},
  );
  await work.announce('product.created', product, at);
  return product.id;
}

function currencyOf(given: string): string {
  const currency = given.toLowerCase();
  if (!/^[a-z]{3}$/.test(currency)) throw invalid(`Invalid currency: ${given}.`, { param: 'currency' });
  return currency;
}

function wholeUnits(decimal: string | undefined): number {
  if (decimal === undefined)
    throw invalid('You must specify either `unit_amount`, `unit_amount_decimal` or `custom_unit_amount`.', {
      code: 'parameter_missing',
      param: 'unit_amount',
    });
  if (!/^\d+$/.test(decimal))
    throw invalid('The sandbox knows whole minor units only.', { param: 'unit_amount_decimal' });
  return Number(decimal);
}

async function update(work: UnitOfWork, input: z.output<typeof updateShape>, id: string): Promise<object> {
  const before = await work.get('price', id);
  const fields: Partial<Price> = Object.fromEntries(
    Object.entries(input).filter(([key, value]) => value !== undefined && key !== 'metadata'),
  );
  return work.change(
    'price',
    before,
    { ...fields, metadata: mergedMetadata(before.metadata, input.metadata) },
    'price.updated',
    work.wallNow(),
  );
}

export const prices: readonly Operation[] = [
  operation('POST', '/v1/prices', createShape, createPrice),
  operation('GET', '/v1/prices/:id', z.strictObject({}), (work, _input, id) => work.get('price', id)),
  operation('POST', '/v1/prices/:id', updateShape, update),
  listOperation('price', '/v1/prices', {
    filters: { active: ['active'], currency: ['currency'], product: ['product'], type: ['type'] },
    extra: { lookup_keys: list(text).optional() },
    where: ({ lookup_keys: keys }) =>
      Array.isArray(keys) ? { sql: `body ->> 'lookup_key' = ANY($?)`, values: [keys] } : null,
  }),
];
