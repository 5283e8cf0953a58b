import { z } from 'zod';
import { operation, type Operation } from '../http/operation.ts';
import { listOperation } from '../http/paginate.ts';
import { clearable, flag, list, mergedMetadata, metadata, positive, text } from '../http/parameters.ts';
import { buildProduct } from '../objects/catalogue.ts';
import type { Product } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { createPrice } from './prices.ts';

const shared = {
  active: flag.optional(),
  description: clearable.optional(),
  images: list(text).optional(),
  metadata: metadata.optional(),
  shippable: flag.optional(),
  statement_descriptor: clearable.optional(),
  tax_code: clearable.optional(),
  unit_label: clearable.optional(),
  url: clearable.optional(),
};
const createShape = z.strictObject({
  ...shared,
  name: text,
  id: text.optional(),
  type: z.enum(['good', 'service']).optional(),
  default_price_data: z
    .strictObject({
      currency: text,
      unit_amount: positive,
      recurring: z
        .strictObject({ interval: z.enum(['day', 'week', 'month', 'year']), interval_count: positive.optional() })
        .optional(),
    })
    .optional(),
});
const updateShape = z.strictObject({ ...shared, name: text.optional(), default_price: text.optional() });

function given(input: Record<string, unknown>): Partial<Product> {
  return Object.fromEntries(Object.entries(input).filter(([key, value]) => value !== undefined && key !== 'metadata'));
}

async function create(work: UnitOfWork, input: z.output<typeof createShape>): Promise<object> {
  const at = work.wallNow();
  const { default_price_data: priceData, metadata: meta, name, ...rest } = input;
  const product = await work.insert(
    'product',
    buildProduct(at, work.scope.livemode, { ...given(rest), name, metadata: mergedMetadata(null, meta) }),
    {},
  );
  if (!priceData) {
    await work.announce('product.created', product, at);
    return product;
  }
  await work.announce('product.created', product, at);
  const price = await createPrice(work, { ...priceData, product: product.id });
  return work.put('product', { ...product, default_price: price.id });
}

async function update(work: UnitOfWork, input: z.output<typeof updateShape>, id: string): Promise<object> {
  const before = await work.get('product', id);
  if (input.default_price !== undefined) await work.get('price', input.default_price, 'default_price');
  const at = work.wallNow();
  return work.change(
    'product',
    before,
    { ...given(input), metadata: mergedMetadata(before.metadata, input.metadata), updated: at },
    'product.updated',
    at,
  );
}

export const products: readonly Operation[] = [
  operation('POST', '/v1/products', createShape, create),
  operation('GET', '/v1/products/:id', z.strictObject({}), (work, _input, id) => work.get('product', id)),
  operation('POST', '/v1/products/:id', updateShape, update),
  listOperation('product', '/v1/products', {
    filters: { active: ['active'], url: ['url'], type: ['type'], shippable: ['shippable'] },
    extra: { ids: list(text).optional() },
    where: ({ ids }) => (Array.isArray(ids) ? { sql: 'id = ANY($?)', values: [ids] } : null),
  }),
];
