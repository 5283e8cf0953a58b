import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mirrorId } from '#subgraphs/shared/ids/ids.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { replayDeliveries } from '#subgraphs/shared/inbox/replay.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { ACCOUNT, announced, deliver, inboxStates, invoiceObject, offlineBilling, stripeEvent } from './factories.ts';

let harness: Harness;
const billing = offlineBilling();
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

const at = 1_795_000_000;
const created = stripeEvent('invoice.created', at, invoiceObject());
const finalized = stripeEvent('invoice.finalized', at + 1, invoiceObject({ status: 'open' }));
const failedOnce = invoiceObject({
  status: 'open',
  attempted: true,
  attempt_count: 1,
  next_payment_attempt: at + 9_000,
});
const updated = stripeEvent('invoice.updated', at + 1, failedOnce, {
  previous: { attempted: false, attempt_count: 0, next_payment_attempt: null },
});
const failed = stripeEvent('invoice.payment_failed', at + 1, failedOnce);
const paid = stripeEvent(
  'invoice.paid',
  at + 60,
  invoiceObject({
    status: 'paid',
    attempted: true,
    attempt_count: 1,
    amount_paid: 2_900,
    amount_remaining: 0,
    status_transitions: { finalized_at: at + 1, paid_at: at + 60, voided_at: null, marked_uncollectible_at: null },
  }),
);

async function row(workspaceId: string, table: string): Promise<JsonObject[]> {
  const { rows } = await harness.admin.query<{ row: JsonObject }>(
    `SELECT to_jsonb(t) - 'synced_at' - 'first_seen_at' AS row FROM stripe.${table} t WHERE workspace_id = $1 ORDER BY stripe_id`,
    [workspaceId],
  );
  return rows.map((found) => found.row);
}

/** Delivered and applied one at a time, so that the order of arrival is the order of application. */
async function inOrder(events: readonly JsonObject[]): Promise<string> {
  const workspaceId = await harness.newWorkspace();
  for (const event of events) {
    await deliver(harness, workspaceId, [event]);
    await harness.pump([billing]);
  }
  return workspaceId;
}

describe('a failed renewal', () => {
  it.each([
    { order: 'as it happened', events: [created, finalized, updated, failed] },
    { order: 'backwards', events: [failed, updated, finalized, created] },
    { order: 'the failure first and again', events: [failed, failed, created, updated, failed, finalized] },
    { order: 'the failure last', events: [updated, created, finalized, failed] },
  ])('told $order is announced once', async ({ events }) => {
    const workspaceId = await inOrder(events);
    expect(await announced(harness, workspaceId, 'billing.invoice.payment_failed')).toEqual([
      {
        invoiceId: mirrorId('inv', workspaceId, ACCOUNT, 'in_1'),
        stripeId: 'in_1',
        customerId: mirrorId('cus', workspaceId, ACCOUNT, 'cus_1'),
        subscriptionId: mirrorId('sub', workspaceId, ACCOUNT, 'sub_1'),
        attemptCount: 1,
        amountRemaining: { amountMinor: '2900', currency: 'EUR' },
        failedAt: new Date((at + 1) * 1000).toISOString(),
      },
    ]);
    expect(await row(workspaceId, 'invoice')).toMatchObject([
      {
        status: 'OPEN',
        attempt_count: 1,
        failed_attempt_count: 1,
        amount_remaining_minor: 2_900,
        customer_country: 'DE',
      },
    ]);
  });

  it('told late, when a metadata change has overtaken it, is still announced', async () => {
    const edited = stripeEvent(
      'invoice.updated',
      at + 50,
      { ...failedOnce, metadata: { note: 'x' } },
      { previous: { metadata: { note: null } } },
    );
    const workspaceId = await inOrder([created, edited, failed]);
    expect(await announced(harness, workspaceId, 'billing.invoice.payment_failed')).toHaveLength(1);
  });

  it('told after the payment is not announced, and the payment once', async () => {
    const workspaceId = await inOrder([
      paid,
      failed,
      paid,
      updated,
      stripeEvent(
        'invoice.payment_succeeded',
        at + 60,
        paid['data'] === undefined ? {} : ((paid['data'] as JsonObject)['object'] as JsonObject),
      ),
    ]);
    expect(await announced(harness, workspaceId, 'billing.invoice.payment_failed')).toEqual([]);
    expect(await announced(harness, workspaceId, 'billing.invoice.paid')).toMatchObject([
      { amountPaid: { amountMinor: '2900', currency: 'EUR' }, paidAt: new Date((at + 60) * 1000).toISOString() },
    ]);
  });

  it('and the next failed attempt are two announcements', async () => {
    const again = { ...failedOnce, attempt_count: 2 };
    const workspaceId = await inOrder([
      failed,
      stripeEvent('invoice.payment_failed', at + 9_000, again),
      stripeEvent('invoice.updated', at + 9_000, again),
    ]);
    expect(
      (await announced(harness, workspaceId, 'billing.invoice.payment_failed')).map(
        (payload) => payload['attemptCount'],
      ),
    ).toEqual([1, 2]);
  });

  it('of a customer nobody has told us about leaves no gap: the reference is there before the customer is', async () => {
    const workspaceId = await inOrder([failed]);
    const invoiceId = mirrorId('inv', workspaceId, ACCOUNT, 'in_1');
    const query =
      'query ($id: ID!) { invoice(id: $id) { status attemptCount amountRemaining { amount currency } customer { name } } }';
    const ask = async (): Promise<unknown> =>
      (await harness.run(billing.schema, query, { id: invoiceId }, { workspaceId })).data;
    expect(await ask()).toEqual({
      invoice: {
        status: 'OPEN',
        attemptCount: 1,
        amountRemaining: { amount: '29.00', currency: 'EUR' },
        customer: null,
      },
    });
    await deliver(harness, workspaceId, [
      stripeEvent('customer.created', at, {
        id: 'cus_1',
        object: 'customer',
        created: at,
        name: 'Ada',
        email: null,
        invoice_settings: {},
      }),
    ]);
    await harness.pump([billing]);
    expect(await ask()).toMatchObject({ invoice: { customer: { name: 'Ada' } } });
  });

  it('is explained with nothing when Stripe cannot be asked any more', async () => {
    const workspaceId = await inOrder([failed]);
    expect(await announced(harness, workspaceId, 'billing.payment.declined')).toMatchObject([
      { attemptCount: 1, declineCode: null, paymentMethodId: null },
    ]);
  });
});

describe('what is not applied', () => {
  it('is kept with the reason', async () => {
    const workspaceId = await harness.newWorkspace();
    await deliver(harness, workspaceId, [
      stripeEvent('invoice.upcoming', at, { ...invoiceObject(), id: null }),
      stripeEvent('customer.created', at, { id: 'cus_live', object: 'customer' }, { livemode: true }),
      { id: 'evt_thin', object: 'v2.core.event', type: 'v1.billing.meter.error_report_triggered', livemode: false },
    ]);
    await harness.pump([billing]);
    expect(await inboxStates(harness, workspaceId)).toEqual({
      'invoice.upcoming': 'IGNORED: its object has no id',
      'customer.created': 'IGNORED: of the other mode than the workspace',
      'v1.billing.meter.error_report_triggered': 'IGNORED: it names no object',
    });
    expect(await row(workspaceId, 'customer')).toEqual([]);
  });
});

describe('subscription items', () => {
  const item = (id: string): JsonObject => ({
    id,
    object: 'subscription_item',
    created: at,
    price: { id: `price_${id}` },
    quantity: 3,
    current_period_start: at,
    current_period_end: at + 2_592_000,
  });
  const subscription = (items: JsonObject[], has_more = false): JsonObject => ({
    id: 'sub_1',
    object: 'subscription',
    created: at,
    status: 'active',
    customer: 'cus_1',
    items: { object: 'list', data: items, has_more },
  });
  const before = stripeEvent('customer.subscription.created', at, subscription([item('si_old'), item('si_kept')]));
  const after = stripeEvent('customer.subscription.updated', at + 100, subscription([item('si_kept'), item('si_new')]));

  it.each([{ events: [before, after] }, { events: [after, before] }])(
    'of an older event neither remove nor bring back anything',
    async ({ events }) => {
      const workspaceId = await inOrder(events);
      const live = (await row(workspaceId, 'subscription_item'))
        .filter((found) => found['deleted_at'] === null)
        .map((found) => found['stripe_id']);
      expect(live).toEqual(['si_kept', 'si_new']);
      const query = '{ subscriptions { edges { node { status currentPeriodEnd items { stripeId quantity } } } } }';
      const { data } = await harness.run(billing.schema, query, {}, { workspaceId });
      expect(JSON.parse(JSON.stringify(data))).toMatchObject({
        subscriptions: {
          edges: [
            {
              node: {
                status: 'ACTIVE',
                currentPeriodEnd: new Date((at + 2_592_000) * 1000).toISOString(),
                items: [{ quantity: '3' }, { quantity: '3' }],
              },
            },
          ],
        },
      });
    },
  );

  it('of a list that Stripe cut are not taken to be gone', async () => {
    const workspaceId = await inOrder([
      before,
      stripeEvent('customer.subscription.updated', at + 100, subscription([item('si_kept')], true)),
    ]);
    expect((await row(workspaceId, 'subscription_item')).map((found) => found['deleted_at'])).toEqual([null, null]);
  });
});

describe('a deleted customer', () => {
  it('is not listed and not brought back by a late event, and still read by id', async () => {
    const customer = { id: 'cus_1', object: 'customer', created: at, name: 'Ada', invoice_settings: {} };
    const workspaceId = await inOrder([
      stripeEvent('customer.created', at, customer),
      stripeEvent('customer.deleted', at + 100, customer),
      stripeEvent('customer.updated', at + 99, { ...customer, name: 'Eve' }, { previous: { name: 'Ada' } }),
    ]);
    const id = mirrorId('cus', workspaceId, ACCOUNT, 'cus_1');
    const { data } = await harness.run(
      billing.schema,
      'query ($id: ID!) { customers { totalCount edges { node { id } } } customer(id: $id) { name deletedAt } }',
      { id },
      { workspaceId },
    );
    expect(JSON.parse(JSON.stringify(data))).toEqual({
      customers: { totalCount: 0, edges: [] },
      customer: { name: 'Ada', deletedAt: new Date((at + 100) * 1000).toISOString() },
    });
  });
});

describe('two workspaces with one account', () => {
  it('have rows of their own and never see each other’s', async () => {
    const [a, b] = [await inOrder([failed]), await inOrder([paid])];
    const id = mirrorId('inv', a, ACCOUNT, 'in_1');
    expect(id).not.toBe(mirrorId('inv', b, ACCOUNT, 'in_1'));
    const seen = await harness.run(
      billing.schema,
      'query ($id: ID!) { invoice(id: $id) { id } invoices { edges { node { status } } } }',
      { id },
      { workspaceId: b },
    );
    expect(JSON.parse(JSON.stringify(seen.data))).toEqual({
      invoice: null,
      invoices: { edges: [{ node: { status: 'PAID' } }] },
    });
  });
});

it('text that PostgreSQL cannot hold costs a character, not the event', async () => {
  const name = 'A\0da \ud800 Lovelace \u{1f4b6}';
  const workspaceId = await inOrder([
    stripeEvent('customer.created', at, { id: 'cus_1', object: 'customer', created: at, name, invoice_settings: {} }),
  ]);
  expect(await row(workspaceId, 'customer')).toMatchObject([{ name: 'A\ufffdda \ufffd Lovelace \u{1f4b6}' }]);
});

describe('a batch', () => {
  const events = [created, finalized, updated, failed, paid];

  it('leaves the mirror as the same deliveries one by one do, and announces the same', async () => {
    const single = await inOrder(events);
    const together = await harness.newWorkspace();
    await deliver(harness, together, [...events, ...events].toReversed());
    await harness.pump([billing]);
    const same = (workspaceId: string, rows: JsonObject[]): unknown =>
      JSON.parse(
        JSON.stringify(rows)
          .replaceAll(workspaceId, 'ws')
          .replaceAll(/"(inv|cus|sub|evt)_\w+"/g, '"$1"'),
      );
    expect(same(together, await row(together, 'invoice'))).toEqual(same(single, await row(single, 'invoice')));
    for (const type of ['billing.invoice.payment_failed', 'billing.invoice.paid'])
      expect(same(together, await announced(harness, together, type))).toEqual(
        same(single, await announced(harness, single, type)),
      );
  });

  it('of deliveries that were applied already changes and announces nothing', async () => {
    const workspaceId = await inOrder(events);
    const facts = async (): Promise<unknown> => [
      await row(workspaceId, 'invoice'),
      await row(workspaceId, 'invoice_payment'),
      await announced(harness, workspaceId, 'billing.invoice.payment_failed'),
      await announced(harness, workspaceId, 'billing.invoice.paid'),
    ];
    const before = await facts();
    for (const round of [1, 2]) {
      await harness
        .context(workspaceId)
        .transaction((tx) => replayDeliveries(tx, { since: new Date(0) }, null, 100 * round));
      await harness.pump([billing]);
    }
    expect(await facts()).toEqual(before);
    expect(new Set(Object.values(await inboxStates(harness, workspaceId)))).toEqual(new Set(['APPLIED']));
  });

  it('with a doubt that a later second settles asks Stripe nothing', async () => {
    const workspaceId = await harness.newWorkspace();
    const tied = ['Ada', 'Bea'].map((name) =>
      stripeEvent('invoice.updated', at + 5, invoiceObject({ status: 'open', customer_name: name })),
    );
    const later = stripeEvent('invoice.updated', at + 6, invoiceObject({ status: 'open', customer_name: 'Cleo' }));
    await deliver(harness, workspaceId, [...tied, later]);
    await harness.pump([billing]);
    expect(await row(workspaceId, 'invoice')).toMatchObject([{ customer_name: 'Cleo' }]);
    const { rows } = await harness.admin.query('SELECT FROM billing.refetch_request WHERE workspace_id = $1', [
      workspaceId,
    ]);
    expect(rows).toEqual([]);
  });
});
