import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { invoiceObject, offlineBilling, stripeEvent, toldInEveryOrder } from './factories.ts';

let harness: Harness;
const billing = offlineBilling();
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

const at = 1_795_000_000;

async function aliveIn(workspaceId: string, list: string): Promise<unknown> {
  const { data, errors } = await harness.run(
    billing.schema,
    `{ list: ${list} { totalCount edges { node { stripeId } } } }`,
    {},
    { workspaceId },
  );
  expect(errors).toBeUndefined();
  const { totalCount, edges } = data?.['list'] as { totalCount: number; edges: { node: { stripeId: string } }[] };
  expect(edges).toHaveLength(totalCount);
  return edges.map(({ node }) => node.stripeId);
}

const OBJECTS: Readonly<Record<string, JsonObject>> = {
  product: { id: 'prod_1', object: 'product', name: 'Starter', active: true },
  price: { id: 'price_1', object: 'price', product: 'prod_1', currency: 'usd', unit_amount: 900, active: true },
  plan: { id: 'plan_1', object: 'plan', product: 'prod_1', currency: 'usd', amount: 900, active: true },
  coupon: { id: 'SUMMER25', object: 'coupon', percent_off: 25, valid: true },
  customer: { id: 'cus_1', object: 'customer', name: 'Ada', invoice_settings: {} },
  invoice: invoiceObject(),
};

const typesOf = (order: readonly JsonObject[]): unknown[] => order.map(({ type }) => type);

it.each(Object.keys(OBJECTS))('a %s that was deleted stays deleted, whatever comes late', async (kind) => {
  const object = { ...OBJECTS[kind], created: at };
  const updated = (second: number, before: string | null, note: string): JsonObject =>
    stripeEvent(
      `${kind}.updated`,
      second,
      { ...object, metadata: { note } },
      { previous: { metadata: { note: before } } },
    );
  const told = await toldInEveryOrder(harness, billing, [
    updated(at + 90, null, 'late'),
    updated(at + 100, 'late', 'in the same second'),
    stripeEvent(`${kind}.deleted`, at + 100, object),
  ]);
  for (const { workspaceId, order } of told)
    expect([typesOf(order), await aliveIn(workspaceId, `${kind}s`)]).toEqual([typesOf(order), []]);
});

it('a coupon that is made again with the id of a deleted one is alive', async () => {
  const coupon = { ...OBJECTS['coupon'], created: at };
  const told = await toldInEveryOrder(harness, billing, [
    stripeEvent('coupon.created', at, coupon),
    stripeEvent('coupon.deleted', at + 100, coupon),
    stripeEvent('coupon.created', at + 200, { ...coupon, created: at + 200, percent_off: 50 }),
  ]);
  for (const { workspaceId, order } of told) {
    const query = '{ coupons { edges { node { percentOff } } } }';
    const { data } = await harness.run(billing.schema, query, {}, { workspaceId });
    const { edges } = data?.['coupons'] as { edges: { node: { percentOff: string } }[] };
    const percents = edges.map(({ node }) => Number(node.percentOff));
    expect([typesOf(order), percents]).toEqual([typesOf(order), [50]]);
  }
});
