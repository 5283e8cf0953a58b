import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '#subgraphs/shared/json/json.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { createStripeApi, type StripeApi } from '../stripe/client.ts';
import { idOf } from '../stripe/normalise/fields.ts';
import { createBackfillJob } from '../use-cases/account-reading/backfill.ts';
import { createRefetchJob } from '../use-cases/refetch-object.ts';
import { announced, CONNECTION, credentialsOf, deliver, stripeEvent, syncRuns } from './factories.ts';
import { failRenewal, openShop, type Shop, startTestSandbox, subscribe } from './stripe-sandbox.ts';

let harness: Harness;
let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
beforeAll(async () => {
  harness = await createHarness({ now: new Date() });
  sandbox = await startTestSandbox();
});
afterAll(async () => {
  await sandbox.close();
  await harness.close();
});

async function connect(shop: Shop): Promise<string> {
  const { jobId } = await harness
    .context(shop.workspaceId)
    .transaction((tx) => shop.billing.onStripeConnected(tx, { connectionId: CONNECTION }));
  return jobId;
}

async function backfilled(shop: Shop): Promise<JsonObject> {
  const jobId = await connect(shop);
  await harness.pump([shop.billing]);
  const { rows } = await harness.admin.query<{ state: string; result: JsonObject }>(
    'SELECT state, result FROM kernel.job WHERE workspace_id = $1 AND id = $2',
    [shop.workspaceId, jobId],
  );
  expect(rows[0]?.state).toBe('SUCCEEDED');
  return rows[0]?.result ?? {};
}

async function mirrored(workspaceId: string, table: string): Promise<Record<string, JsonObject>> {
  const { rows } = await harness.admin.query<{ stripe_id: string; row: JsonObject }>(
    `SELECT stripe_id, to_jsonb(t) AS row FROM stripe.${table} t WHERE workspace_id = $1`,
    [workspaceId],
  );
  return Object.fromEntries(rows.map(({ stripe_id, row }) => [stripe_id, row]));
}

describe('a new connection', () => {
  it('shows everything Stripe has: canceled and on test clocks, archived and active', async () => {
    const shop = await openShop(harness, sandbox.url);
    const { subscription, price } = await subscribe(shop);
    await shop.stripe.prices.update(price, { active: false });
    await shop.stripe.customers.create({ name: 'No clock' });
    await shop.stripe.subscriptions.cancel(subscription);
    const { counts } = await backfilled(shop);
    expect(counts).toEqual({
      customer: 2,
      product: 1,
      price: 1,
      subscription: 1,
      invoice: 1,
      invoice_payment: 1,
      charge: 1,
      payment_intent: 1,
      payment_method: 2,
      balance_transaction: 1,
    });
    expect(await mirrored(shop.workspaceId, 'subscription')).toMatchObject({ [subscription]: { status: 'CANCELED' } });
    expect(Object.keys(await mirrored(shop.workspaceId, 'subscription_item'))).toHaveLength(1);
    expect(await announced(harness, shop.workspaceId, 'billing.backfill.completed')).toEqual([
      { connectionId: CONNECTION, counts },
    ]);
  });

  it('duns nobody for old invoices, and hears what becomes of them', async () => {
    const shop = await openShop(harness, sandbox.url);
    const renewal = await subscribe(shop);
    const invoice = await failRenewal(shop, renewal);
    await shop.newEvents(); // sent before the endpoint was there
    await backfilled(shop);
    expect(await mirrored(shop.workspaceId, 'invoice')).toMatchObject({
      [invoice.id]: { status: 'OPEN', failed_attempt_count: 0 },
    });
    expect(await announced(harness, shop.workspaceId, 'billing.invoice.payment_failed')).toEqual([]);
    expect(await announced(harness, shop.workspaceId, 'billing.invoice.paid')).toEqual([]);
    await shop.stripe.invoices.pay(invoice.id, {
      payment_method: (await shop.stripe.paymentMethods.attach('pm_card_visa', { customer: renewal.customer })).id,
    });
    await shop.hear();
    expect(await announced(harness, shop.workspaceId, 'billing.invoice.paid')).toMatchObject([
      { invoiceId: idOf('invoice', invoice.id, shop) },
    ]);
  });

  it('reads an account whose test clock stands in the past, and still follows what happens on it', async () => {
    const shop = await openShop(harness, sandbox.url);
    const renewal = await subscribe(shop, { frozenTime: 1_700_000_000 });
    await shop.newEvents();
    await backfilled(shop);
    const invoice = await failRenewal(shop, renewal);
    await shop.hear();
    expect(await mirrored(shop.workspaceId, 'invoice')).toMatchObject({
      [invoice.id]: { status: 'OPEN', failed_attempt_count: 1 },
    });
    expect(await mirrored(shop.workspaceId, 'subscription')).toMatchObject({
      [renewal.subscription]: { status: 'PAST_DUE' },
    });
  });

  it('ends the same whether webhooks come before, during or after', async () => {
    const shop = await openShop(harness, sandbox.url);
    const renewal = await subscribe(shop);
    const early = await shop.newEvents();
    await failRenewal(shop, renewal);
    const late = await shop.newEvents();
    await shop.hear(early.filter((_event, index) => index % 2 === 0));
    await connect(shop);
    await shop.hear(late.toReversed());
    await shop.hear(early);
    for (const [kind, list] of [
      ['invoice', shop.stripe.invoices],
      ['charge', shop.stripe.charges],
      ['payment_intent', shop.stripe.paymentIntents],
    ] as const) {
      const truth = await list.list({ limit: 100 });
      const rows = await mirrored(shop.workspaceId, kind);
      expect(Object.fromEntries(Object.entries(rows).map(([id, row]) => [id, row['status']]))).toEqual(
        Object.fromEntries(truth.data.map((object) => [object.id, String(object.status).toUpperCase()])),
      );
    }
    expect(await announced(harness, shop.workspaceId, 'billing.invoice.payment_failed')).toHaveLength(1);
  });
});

/** The SDK's own typings leave `on` open. */
interface Listened {
  on(event: 'request', heard: (request: { readonly method: string; readonly path: string }) => void): void;
}

describe('a backfill that is killed', () => {
  /** Notes every request, and has the process gone before the one that `dies` says. */
  function noting(inner: StripeApi, asked: string[], dies: () => boolean): StripeApi {
    let listening = false;
    return {
      call: (fn) =>
        inner.call((stripe) => {
          if (!listening)
            (stripe as unknown as Listened).on('request', ({ method, path }) => asked.push(`${method} ${path}`));
          listening = true;
          if (dies()) throw new Error('killed');
          return fn(stripe);
        }),
    };
  }

  it('goes on behind the last page it kept, and asks for no page twice', async () => {
    const shop = await openShop(harness, sandbox.url);
    for (let i = 0; i < 11; i++)
      await Promise.all(Array.from({ length: 10 }, () => shop.stripe.customers.create({ name: 'One of many' })));
    const asked: string[] = [];
    const lists = (): string[] => asked.filter((path) => !path.includes('/test_helpers/'));
    let lives = 1;
    const stripe = noting(
      createStripeApi({ stripeApiBase: sandbox.url }),
      asked,
      () => lives > 0 && lists().length === 1,
    );
    const job = createBackfillJob({ credentials: credentialsOf(shop.apiKey, shop.account), stripe, runs: syncRuns });
    let checkpoint: Json = null;
    const run = (): Promise<Json | undefined> =>
      job.run(harness.context(shop.workspaceId), {
        id: 'job_1',
        payload: { connectionId: CONNECTION },
        checkpoint,
        report: (progress) => {
          checkpoint = progress.checkpoint ?? checkpoint;
          return Promise.resolve();
        },
      });
    await expect(run()).rejects.toThrow('killed');
    expect(Object.keys(await mirrored(shop.workspaceId, 'customer'))).toHaveLength(100);
    lives = 0;
    expect(await run()).toMatchObject({ counts: { customer: 110 } });
    expect(Object.keys(await mirrored(shop.workspaceId, 'customer'))).toHaveLength(110);
    expect(lists().filter((path, index) => lists().indexOf(path) !== index)).toEqual([]);
    expect(await run()).toMatchObject({ counts: { customer: 110 } });
    expect(await announced(harness, shop.workspaceId, 'billing.backfill.completed')).toHaveLength(1);
  }, 60_000);
});

describe('two events of one second that nothing links', () => {
  it('lead to one reread of the object, which settles it', async () => {
    const shop = await openShop(harness, sandbox.url);
    const customer = await shop.stripe.customers.create({ name: 'Ada', email: 'first@example.com' });
    await shop.hear();
    const at = customer.created + 10;
    const body = JSON.parse(JSON.stringify(customer)) as JsonObject;
    await shop.stripe.customers.update(customer.id, { name: 'Ada, as Stripe has it' });
    await shop.newEvents(); // withheld: they would settle it
    const doubtful = ['B', 'C', 'D'].map((name) =>
      stripeEvent('customer.updated', at, { ...body, name }, { previous: { name: `not ${name}` } }),
    );
    await shop.hear(doubtful);
    expect(await mirrored(shop.workspaceId, 'customer')).toMatchObject({
      [customer.id]: { name: 'Ada, as Stripe has it' },
    });
    const { rows } = await harness.admin.query(
      "SELECT state, result FROM kernel.job WHERE workspace_id = $1 AND kind = 'billing.refetch'",
      [shop.workspaceId],
    );
    expect(rows).toEqual([{ state: 'SUCCEEDED', result: { reads: 1 } }]);
    expect(
      (await harness.admin.query('SELECT * FROM billing.refetch_request WHERE workspace_id = $1', [shop.workspaceId]))
        .rows,
    ).toEqual([]);
  });
});

describe('a reread', () => {
  /** Lets something happen between Stripe's answer and the moment it is written. */
  function interrupted(inner: StripeApi, meanwhile: () => Promise<void>): StripeApi {
    return {
      call: async (fn) => {
        const answer = await inner.call(fn);
        await meanwhile();
        return answer;
      },
    };
  }

  async function doubtful(shop: Shop): Promise<{ stripeId: string; event: (name: string) => JsonObject }> {
    const customer = await shop.stripe.customers.create({ name: 'Ada' });
    await shop.hear();
    const body = JSON.parse(JSON.stringify(customer)) as JsonObject;
    const event = (name: string): JsonObject =>
      stripeEvent('customer.updated', customer.created + 10, { ...body, name }, { previous: { name: `not ${name}` } });
    return { stripeId: customer.id, event };
  }

  it('does not count when another doubt came in while Stripe was asked', async () => {
    const shop = await openShop(harness, sandbox.url);
    const { stripeId, event } = await doubtful(shop);
    const later = [event('D')];
    const stripe = interrupted(createStripeApi({ stripeApiBase: sandbox.url }), async () => {
      const next = later.shift();
      if (next === undefined) return;
      await shop.stripe.customers.update(stripeId, { name: 'After the first answer' });
      await deliver(harness, shop.workspaceId, [next], shop.account);
      await harness.pump([{ ...shop.billing, jobs: [] }]);
    });
    const jobs = [createRefetchJob({ credentials: credentialsOf(shop.apiKey, shop.account), stripe })];
    await deliver(harness, shop.workspaceId, [event('B'), event('C')], shop.account);
    await harness.pump([{ ...shop.billing, jobs }]);
    expect(await mirrored(shop.workspaceId, 'customer')).toMatchObject({
      [stripeId]: { name: 'After the first answer' },
    });
    const { rows } = await harness.admin.query(
      "SELECT result FROM kernel.job WHERE workspace_id = $1 AND kind = 'billing.refetch'",
      [shop.workspaceId],
    );
    expect(rows).toEqual([{ result: { reads: 2 } }]);
  });

  it('finds that the object was deleted', async () => {
    const shop = await openShop(harness, sandbox.url);
    const { stripeId, event } = await doubtful(shop);
    await shop.stripe.customers.del(stripeId);
    await shop.hear([event('B'), event('C')]);
    expect(await mirrored(shop.workspaceId, 'customer')).toMatchObject({
      [stripeId]: { deleted_at: expect.any(String) },
    });
  });
});

it('a page that was read before a webhook and is written after it does not undo it', async () => {
  const shop = await openShop(harness, sandbox.url);
  const customer = await shop.stripe.customers.create({ name: 'As read' });
  await shop.newEvents();
  let interruptions = 0;
  const inner = createStripeApi({ stripeApiBase: sandbox.url });
  const stripe: StripeApi = {
    call: async (fn) => {
      const answer = await inner.call(fn);
      interruptions += 1;
      // The first call lists the test clocks, the second the customers.
      if (interruptions === 2) {
        await shop.stripe.customers.update(customer.id, { name: 'As changed meanwhile' });
        await deliver(harness, shop.workspaceId, await shop.newEvents(), shop.account);
        await harness.pump([{ ...shop.billing, jobs: [] }]);
      }
      return answer;
    },
  };
  await connect(shop);
  const credentials = credentialsOf(shop.apiKey, shop.account);
  await harness.pump([
    {
      ...shop.billing,
      jobs: [createBackfillJob({ credentials, stripe, runs: syncRuns }), createRefetchJob({ credentials, stripe })],
    },
  ]);
  expect(await mirrored(shop.workspaceId, 'customer')).toMatchObject({
    [customer.id]: { name: 'As changed meanwhile' },
  });
});
