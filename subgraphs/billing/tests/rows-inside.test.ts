import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
const listOf = (data: readonly JsonObject[]): JsonObject => ({ object: 'list', data: [...data], has_more: false });
const item = (id: string): JsonObject => ({ id, object: 'subscription_item', created: at, price: { id: 'price_1' } });
const line = (id: string): JsonObject => ({ id, object: 'line_item', amount: 100, currency: 'eur', quantity: 1 });
const discount = (id: string): JsonObject => ({
  id,
  object: 'discount',
  source: { type: 'coupon', coupon: `coupon_of_${id}` },
  start: at,
});
const subscription = (more: JsonObject): JsonObject => ({
  id: 'sub_1',
  object: 'subscription',
  created: at,
  status: 'active',
  customer: 'cus_1',
  items: listOf([]),
  discounts: [],
  ...more,
});

interface Swap {
  readonly table: string;
  readonly type: string;
  /** The object that has these rows. */
  readonly having: (ids: readonly string[]) => JsonObject;
}

const SWAPS: Readonly<Record<string, Swap>> = {
  'items of a subscription': {
    table: 'subscription_item',
    type: 'customer.subscription.updated',
    having: (ids) => subscription({ items: listOf(ids.map(item)) }),
  },
  'discounts of a subscription': {
    table: 'discount',
    type: 'customer.subscription.updated',
    having: (ids) => subscription({ discounts: ids.map(discount) }),
  },
  'lines of an invoice': {
    table: 'invoice_line',
    type: 'invoice.updated',
    having: (ids) => invoiceObject({ lines: listOf(ids.map(line)) }),
  },
  'discounts of an invoice': {
    table: 'discount',
    type: 'invoice.updated',
    having: (ids) => invoiceObject({ discounts: ids.map(discount), lines: listOf([]) }),
  },
};

describe.each(Object.entries(SWAPS))('%s', (_name, { table, type, having }) => {
  const history = [
    stripeEvent(type, at, having(['row_old', 'row_kept'])),
    stripeEvent(type, at + 100, having(['row_kept', 'row_between'])),
    stripeEvent(type, at + 200, having(['row_kept', 'row_new'])),
  ];

  it('are those of the newest state, in whatever order it was told: live ones stay live, removed ones removed', async () => {
    for (const { workspaceId } of await toldInEveryOrder(harness, billing, history)) {
      const { rows } = await harness.admin.query<{ stripe_id: string }>(
        `SELECT stripe_id FROM stripe.${table} WHERE workspace_id = $1 AND deleted_at IS NULL ORDER BY 1`,
        [workspaceId],
      );
      expect(rows.map(({ stripe_id }) => stripe_id)).toEqual(['row_kept', 'row_new']);
    }
  });
});
