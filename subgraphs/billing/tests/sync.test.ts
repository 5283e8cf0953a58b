import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '#subgraphs/shared/json/json.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { CONNECTION } from './factories.ts';
import { openShop, type Shop, startTestSandbox } from './stripe-sandbox.ts';

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

type Kind = 'BACKFILL' | 'CATCH_UP' | 'COMPARISON';

async function connected(): Promise<Shop> {
  const shop = await openShop(harness, sandbox.url);
  await shop.stripe.customers.create({ name: 'Before' });
  await shop.newEvents();
  await harness
    .context(shop.workspaceId)
    .transaction((tx) => shop.billing.onStripeConnected(tx, { connectionId: CONNECTION }));
  await harness.pump([shop.billing]);
  return shop;
}

/** Carries the pass out. @returns its job's result and its run. */
async function sync(shop: Shop, kind: Kind): Promise<{ result: JsonObject; run: Record<string, Json> }> {
  const { jobId } = await harness
    .context(shop.workspaceId)
    .transaction((tx) => shop.billing.enqueueSync(tx, { connectionId: CONNECTION, kind }));
  await harness.pump([shop.billing]);
  const { rows } = await harness.admin.query<{ state: string; result: JsonObject; run: Record<string, Json> }>(
    `SELECT j.state, j.result, to_jsonb(r) AS run FROM kernel.job j LEFT JOIN accounts.sync_run r ON r.workspace_id = j.workspace_id AND r.job_id = j.id
     WHERE j.workspace_id = $1 AND j.id = $2`,
    [shop.workspaceId, jobId],
  );
  expect(rows[0]?.state).toBe('SUCCEEDED');
  return { result: rows[0]?.result ?? {}, run: rows[0]?.run ?? {} };
}

async function names(shop: Shop): Promise<(string | null)[]> {
  const { rows } = await harness.admin.query<{ name: string | null }>(
    'SELECT name FROM stripe.customer WHERE workspace_id = $1 AND deleted_at IS NULL ORDER BY name',
    [shop.workspaceId],
  );
  return rows.map(({ name }) => name);
}

async function caughtUpTo(shop: Shop, to: Date): Promise<void> {
  await harness.admin.query('UPDATE billing.sync_schedule SET caught_up_to = $2 WHERE workspace_id = $1', [
    shop.workspaceId,
    to,
  ]);
}

describe('catching up', () => {
  it('finds the events that never came, also those of the second at which it was last level, and no others', async () => {
    const shop = await connected();
    const [level] = await Promise.all([
      shop.stripe.customers.create({ name: 'Level' }),
      shop.stripe.customers.create({ name: 'Same second' }),
    ]);
    await caughtUpTo(shop, new Date(level.created * 1000));
    const delivered = await shop.stripe.customers.create({ name: 'Delivered' });
    await shop.hear((await shop.newEvents()).filter((event) => JSON.stringify(event).includes(delivered.id)));
    await shop.stripe.customers.create({ name: 'Missed' });
    const { result, run } = await sync(shop, 'CATCH_UP');
    // And the one of before the connection was made: it is within the overlap, and known from the backfill only.
    expect(result).toMatchObject({ found: 4 });
    expect(run).toMatchObject({ kind: 'CATCH_UP', state: 'SUCCEEDED', counts: { missed: 4 }, progress_bps: 10_000 });
    expect(await names(shop)).toEqual(['Before', 'Delivered', 'Level', 'Missed', 'Same second']);
    expect((await sync(shop, 'CATCH_UP')).result).toMatchObject({ found: 0 });
  });

  it('reads everything again when Stripe has forgotten the events of the time between, and says so', async () => {
    const shop = await connected();
    await shop.stripe.customers.create({ name: 'Forgotten' });
    await caughtUpTo(shop, new Date(harness.wall.now().getTime() - 31 * 86_400_000));
    const { result } = await sync(shop, 'CATCH_UP');
    expect(result).toMatchObject({ relisted: true, backfillJobId: expect.stringMatching(/^job_/) });
    expect(await names(shop)).toEqual(['Before', 'Forgotten']);
  });
});

describe('a comparison', () => {
  it('names what differs, mends it, and says what it cost', async () => {
    const shop = await connected();
    const renamed = ['Ada', ...Array.from({ length: 8 }, (_, n) => `Eve ${String(n)}`)];
    for (const name of [...renamed, 'Bea', 'Cleo', 'Dora']) await shop.stripe.customers.create({ name });
    const [missed] = await Promise.all([shop.stripe.customers.create({ name: 'Missed' })]);
    await shop.hear((await shop.newEvents()).filter((event) => !JSON.stringify(event).includes(missed.id)));
    const ids = await harness.admin.query<{ stripe_id: string; name: string }>(
      'SELECT stripe_id, name FROM stripe.customer WHERE workspace_id = $1',
      [shop.workspaceId],
    );
    const idOf = (name: string): string => ids.rows.find((row) => row.name === name)?.stripe_id ?? '';
    // By hand, ten rows: nine of them in a column, one in its raw state. And an object that Stripe has no more.
    await harness.admin.query(
      "UPDATE stripe.customer SET name = 'Corrupt' WHERE workspace_id = $1 AND name = ANY($2)",
      [shop.workspaceId, renamed],
    );
    await harness.admin.query(
      `UPDATE stripe.customer SET raw = jsonb_set(raw, '{email}', '"corrupt@example.com"') WHERE workspace_id = $1 AND name = 'Bea'`,
      [shop.workspaceId],
    );
    // Of the last seconds a page proves nothing.
    await harness.admin.query(
      "UPDATE stripe.customer SET stripe_created_at = stripe_created_at - interval '1 day' WHERE workspace_id = $1 AND name = 'Dora'",
      [shop.workspaceId],
    );
    await shop.stripe.customers.del(idOf('Dora'));
    await shop.newEvents();

    const { result, run } = await sync(shop, 'COMPARISON');
    expect(run).toMatchObject({ kind: 'COMPARISON', state: 'SUCCEEDED', differing: 12 });
    const named = run['differences'] as { kind: string; stripeId: string; what: string }[];
    expect(named.toSorted((a, b) => a.stripeId.localeCompare(b.stripeId))).toEqual(
      [
        ...[...renamed, 'Bea'].map((name) => ({ kind: 'customer', stripeId: idOf(name), what: 'DIFFERENT' })),
        { kind: 'customer', stripeId: missed.id, what: 'MISSING' },
        { kind: 'customer', stripeId: idOf('Dora'), what: 'GONE' },
      ].toSorted((a, b) => a.stripeId.localeCompare(b.stripeId)),
    );
    expect(result).toMatchObject({ differing: 12, apiCalls: run['api_calls'] });
    expect(Number(run['api_calls'])).toBeGreaterThan(10);
    expect(await names(shop)).toEqual([...renamed, 'Bea', 'Before', 'Cleo', 'Missed'].toSorted());

    expect((await sync(shop, 'COMPARISON')).run).toMatchObject({ differing: 0, differences: [] });
  }, 60_000);
});

describe('the schedule of a connection', () => {
  it('catches up and reads the ledger every hour and compares every day, and ends with the connection', async () => {
    const { syncLane } = await import('../index.ts');
    const shop = await connected();
    let active = true;
    const lane = syncLane({
      contexts: harness.contexts,
      system: harness.system,
      wall: harness.wall,
      credentials: {
        stripe: () =>
          Promise.resolve(
            active
              ? {
                  apiKey: shop.apiKey,
                  account: shop.account,
                  livemode: false,
                  endpointId: 'whe_1',
                  throughPlatform: false,
                }
              : null,
          ),
        stripeConnections: () => Promise.resolve([]),
      },
    });
    const started = async (): Promise<string[]> => {
      for (const { workspaceId, detail } of await lane.due())
        if (workspaceId === shop.workspaceId) await lane.drain(workspaceId, detail);
      const { rows } = await harness.admin.query<{ kind: string }>(
        "SELECT kind FROM kernel.job WHERE workspace_id = $1 AND state = 'QUEUED' ORDER BY kind",
        [shop.workspaceId],
      );
      await harness.admin.query("UPDATE kernel.job SET state = 'SUCCEEDED' WHERE workspace_id = $1", [
        shop.workspaceId,
      ]);
      return rows.map(({ kind }) => kind);
    };
    expect(await started()).toEqual([]);
    harness.wall.advance({ minutes: 61 });
    expect(await started()).toEqual(['billing.catch-up', 'billing.read-ledger']);
    expect(await started()).toEqual([]);
    harness.wall.advance({ minutes: 24 * 60 });
    expect(await started()).toEqual(['billing.catch-up', 'billing.compare', 'billing.read-ledger']);
    active = false;
    harness.wall.advance({ minutes: 61 });
    expect(await started()).toEqual([]);
    expect((await lane.due()).filter(({ workspaceId }) => workspaceId === shop.workspaceId)).toEqual([]);
  });
});
