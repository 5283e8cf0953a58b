import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type Stripe from 'stripe';
import { ProviderRefusedError } from '#subgraphs/shared/errors/errors.ts';
import type { Json, JsonObject } from '#subgraphs/shared/json/json.ts';
import { createStripeApi, type StripeApi } from '../stripe/client.ts';
import { createReadLedgerJob } from '../use-cases/read-ledger.ts';
import { CONNECTION, credentialsOf } from './factories.ts';
import { createLedgerBench, type LedgerBench, typesIn } from './ledger-bench.ts';
import { openShop, type Shop, subscribe } from './stripe-sandbox.ts';

let bench: LedgerBench;
beforeAll(async () => {
  bench = await createLedgerBench();
});
afterAll(async () => {
  await bench.close();
});

async function charges(shop: Shop): Promise<(JsonObject | null)[]> {
  const found = await bench.ask(
    shop,
    '{ charges { edges { node { balanceTransaction { fee { amountMinor } net { amountMinor } payout { status } } } } } }',
  );
  return (found['charges'] as unknown as { edges: { node: { balanceTransaction: JsonObject | null } }[] }).edges.map(
    ({ node }) => node.balanceTransaction,
  );
}

describe('what moved the balance', () => {
  it('is known half a minute after a charge was heard of, and is one call for many charges', async () => {
    const shop = await bench.connected();
    for (let i = 0; i < 2; i++) await subscribe(shop);
    await shop.hear();
    expect(await charges(shop)).toEqual([null, null]);
    expect(await bench.pass(shop, 29)).toEqual([]);
    expect(await bench.pass(shop, 2)).toEqual([{ movements: 2, payouts: 0, apiCalls: 1 }]);
    const moved = { fee: { amountMinor: '198' }, net: { amountMinor: '5602' }, payout: null };
    expect(await charges(shop)).toEqual([moved, moved]);
    expect(await bench.pass(shop)).toEqual([]);
    expect(await bench.pass(shop, 3_600)).toMatchObject([{ apiCalls: 1 }]);
  });

  it('is found on a test clock that stands in the past', async () => {
    const shop = await bench.connected();
    await subscribe(shop, { frozenTime: Math.floor(Date.now() / 1000) - 200 * 86_400 });
    await shop.hear();
    await bench.pass(shop);
    expect(await charges(shop)).toMatchObject([{ net: { amountMinor: '5602' } }]);
  });

  it('by a refund is known too', async () => {
    const shop = await bench.connected();
    await subscribe(shop);
    await shop.hear();
    await bench.pass(shop);
    const [charge] = (await shop.stripe.charges.list()).data;
    await shop.stripe.refunds.create({ charge: charge!.id, amount: 1_000 });
    await shop.hear();
    await bench.pass(shop);
    expect(
      await bench.ask(shop, '{ refunds { edges { node { balanceTransaction { net { amountMinor } } } } } }'),
    ).toEqual({
      refunds: { edges: [{ node: { balanceTransaction: { net: { amountMinor: '-1000' } } } }] },
    });
  });

  it('when something moves it while it is read, is read again', async () => {
    const shop = await bench.connected();
    await subscribe(shop);
    await shop.hear();
    await bench.harness.admin.query(
      `INSERT INTO kernel.job (workspace_id, id, kind, queue, unique_key, payload, state, max_attempts, created_at, attempts, lease_until)
       VALUES ($1, 'job_00000000000000000009', 'billing.read-ledger', 'jobs', $2, $3, 'RUNNING', 25, now(), 1, $4)`,
      [
        shop.workspaceId,
        CONNECTION,
        JSON.stringify({ connectionId: CONNECTION }),
        new Date(bench.harness.wall.now().getTime() + 3_600_000),
      ],
    );
    expect(await bench.pass(shop)).toEqual([]);
    await bench.harness.admin.query("UPDATE kernel.job SET state = 'SUCCEEDED' WHERE id = 'job_00000000000000000009'");
    expect(await bench.pass(shop)).toMatchObject([{ movements: 1 }]);
  });
});

describe('a payout', () => {
  it('leads to all that was paid out in it, which adds up, and each of them back', async () => {
    const shop = await bench.connected();
    for (let i = 0; i < 2; i++) await subscribe(shop);
    const [charge] = (await shop.stripe.charges.list()).data;
    await shop.stripe.refunds.create({ charge: charge!.id, amount: 1_000 });
    const payout = await bench.payOut(shop.account);
    await shop.hear();
    expect(await bench.shown(shop, payout)).toMatchObject({
      status: 'PAID',
      reconciliation: 'PENDING',
      reconciledAmount: null,
    });
    await bench.pass(shop);
    const amount = { amountMinor: String(payout.amount) };
    const found = await bench.shown(shop, payout);
    expect(found).toMatchObject({ reconciliation: 'COMPLETE', amount, reconciledAmount: amount });
    expect(typesIn(found).toSorted()).toEqual(['CHARGE', 'CHARGE', 'PAYOUT', 'REFUND']);
    const sum = found.balanceTransactions.edges.reduce((total, { node }) => total + BigInt(node.net.amountMinor), 0n);
    expect(sum).toBe(0n);
    expect(await bench.unassigned(shop)).toEqual([]);
    expect(await charges(shop)).toMatchObject([{ payout: { status: 'PAID' } }, { payout: { status: 'PAID' } }]);
  });

  it('that was there before the connection is read after the backfill', async () => {
    const shop = await openShop(bench.harness, bench.sandbox.url);
    await subscribe(shop);
    const payout = await bench.payOut(shop.account);
    await shop.newEvents(); // sent before the endpoint was there
    await bench.harness
      .context(shop.workspaceId)
      .transaction((tx) => shop.billing.onStripeConnected(tx, { connectionId: CONNECTION }));
    await bench.harness.pump([shop.billing]);
    expect(await bench.shown(shop, payout)).toMatchObject({ reconciliation: 'PENDING' });
    await bench.pass(shop);
    expect(await bench.shown(shop, payout)).toMatchObject({ reconciliation: 'COMPLETE' });
    expect(await bench.unassigned(shop)).toEqual([]);
  });

  it('that is paid and not settled is pending, with what is known of it', async () => {
    const shop = await bench.connected();
    await subscribe(shop);
    const payout = await bench.payOut(shop.account, { until: 'paid' });
    await shop.hear();
    await bench.pass(shop);
    expect(await bench.shown(shop, payout)).toMatchObject({
      reconciliation: 'PENDING',
      reconciledAmount: { amountMinor: String(payout.amount) },
    });
    await bench.advance(shop.account, payout, 'reconciled');
    await shop.hear();
    await bench.pass(shop);
    expect(await bench.shown(shop, payout)).toMatchObject({ reconciliation: 'COMPLETE' });
  });

  it.each([
    { order: 'in order', arrange: (events: JsonObject[]) => events },
    { order: 'backwards', arrange: (events: JsonObject[]) => events.toReversed() },
  ])('fails after it was paid, heard of $order: its money is in the next one', async ({ arrange }) => {
    const shop = await bench.connected();
    await subscribe(shop);
    const payout = await bench.payOut(shop.account);
    await bench.advance(shop.account, payout, 'failed');
    const again = await bench.payOut(shop.account, { at: payout.created + 3_600 });
    await shop.hear(arrange(await shop.newEvents()));
    await bench.pass(shop);
    const failed = await bench.shown(shop, payout);
    expect(failed).toMatchObject({ status: 'FAILED', reconciliation: 'COMPLETE' });
    expect(typesIn(failed)).toEqual(['PAYOUT', 'CHARGE']);
    const paid = await bench.shown(shop, again);
    expect(paid).toMatchObject({ status: 'PAID', reconciliation: 'COMPLETE', amount: failed.amount });
    expect(typesIn(paid)).toEqual(['PAYOUT', 'PAYOUT_FAILURE']);
    expect(await bench.unassigned(shop)).toEqual([]);
  });

  it('by hand has no transactions to show, and holds up nothing', async () => {
    const shop = await bench.connected();
    await subscribe(shop, { frozenTime: Math.floor(Date.now() / 1000) - 10 * 86_400 });
    const byHand = await shop.stripe.payouts.create({ amount: 1_000, currency: 'eur' });
    await bench.advance(shop.account, byHand, 'paid');
    await shop.hear();
    expect(await bench.pass(shop)).toEqual([{ movements: 2, payouts: 0, apiCalls: 1 }]);
    expect(await bench.shown(shop, byHand)).toMatchObject({
      status: 'PAID',
      reconciliation: 'NOT_APPLICABLE',
      reconciledAmount: null,
      balanceTransactions: { totalCount: 0 },
    });
    expect(await bench.unassigned(shop)).toHaveLength(2);
  });

  it('whose transactions do not add up says so', async () => {
    const shop = await bench.connected();
    await subscribe(shop);
    const payout = await bench.payOut(shop.account);
    await shop.hear();
    await bench.pass(shop);
    await bench.harness.admin.query(
      "UPDATE stripe.balance_transaction SET net_minor = net_minor - 1 WHERE workspace_id = $1 AND type = 'CHARGE'",
      [shop.workspaceId],
    );
    expect(await bench.shown(shop, payout)).toMatchObject({
      reconciliation: 'MISMATCHED',
      reconciledAmount: { amountMinor: String(payout.amount - 1) },
    });
  });
});

/** As if the account's one movement had happened so often again. By the API that would take as many calls. */
async function moveOften(account: string, times: number): Promise<void> {
  const client = new pg.Client({ connectionString: bench.sandbox.databaseUrl });
  await client.connect();
  try {
    await client.query(
      `INSERT INTO objects (account, livemode, kind, id, created, body, hidden)
       SELECT account, livemode, kind, id || n, created, jsonb_set(body::jsonb, '{id}', to_jsonb(id || n))::json, hidden
       FROM objects, generate_series(1, $2) n WHERE account = $1 AND kind = 'balance_transaction'`,
      [account, times],
    );
  } finally {
    await client.end();
  }
}

/** The SDK's own typings leave `on` open. */
interface Listened {
  on(event: 'request', heard: (request: { readonly path: string }) => void): void;
}

/** Notes every request, and meets each with what `fate` says before it leaves. */
function watched(inner: StripeApi, asked: string[], fate: () => void): StripeApi {
  let listening = false;
  return {
    call: (fn) =>
      inner.call((stripe) => {
        if (!listening) (stripe as unknown as Listened).on('request', ({ path }) => asked.push(path));
        listening = true;
        fate();
        return fn(stripe);
      }),
  };
}

describe('a reading of the ledger', () => {
  async function withLargePayout(): Promise<{ shop: Shop; payout: Stripe.Payout }> {
    const shop = await bench.connected();
    await subscribe(shop);
    await moveOften(shop.account, 110);
    const payout = await bench.payOut(shop.account);
    await shop.hear();
    return { shop, payout };
  }

  function runs(shop: Shop, stripe: StripeApi): () => Promise<Json | undefined> {
    const job = createReadLedgerJob({ credentials: credentialsOf(shop.apiKey, shop.account), stripe });
    let checkpoint: Json = null;
    return () =>
      job.run(bench.harness.context(shop.workspaceId), {
        id: 'job_1',
        payload: { connectionId: CONNECTION },
        checkpoint,
        report: (progress) => {
          checkpoint = progress.checkpoint ?? checkpoint;
          return Promise.resolve();
        },
      });
  }

  it('that is killed between any two calls goes on behind the last page, and asks for no page twice', async () => {
    const { shop, payout } = await withLargePayout();
    const asked: string[] = [];
    let dead = false;
    const stripe = watched(createStripeApi({ stripeApiBase: bench.sandbox.url }), asked, () => {
      dead = !dead;
      if (dead) throw new Error('killed');
    });
    const run = runs(shop, stripe);
    // 112 movements, the payout’s own among them: two pages of them, and two of what was paid out in the payout.
    for (let life = 1; life <= 4; life++) {
      await expect(run()).rejects.toThrow('killed');
      expect((await bench.shown(shop, payout)).reconciliation).toBe('PENDING');
    }
    expect(await run()).toEqual({ movements: 224, payouts: 1, apiCalls: 4 });
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).toHaveLength(4);
    const found = await bench.shown(shop, payout);
    expect(found).toMatchObject({ reconciliation: 'COMPLETE', balanceTransactions: { totalCount: 112 } });
    expect(await run()).toMatchObject({ apiCalls: 4 });
    expect(asked).toHaveLength(4);
  });

  it('passes over what Stripe will not show, says so, and asks again the next time', async () => {
    const shop = await bench.connected();
    await subscribe(shop);
    const payout = await bench.payOut(shop.account);
    await shop.hear();
    let shows = false;
    const stripe = watched(createStripeApi({ stripeApiBase: bench.sandbox.url }), [], () => {
      if (!shows) throw new ProviderRefusedError('stripe', 'Stripe refused: no permission', 'permission');
    });
    expect(await runs(shop, stripe)()).toEqual({
      movements: 0,
      payouts: 0,
      apiCalls: 2,
      refused: { [shop.account]: 'Stripe refused: no permission', [payout.id]: 'Stripe refused: no permission' },
    });
    expect(await bench.shown(shop, payout)).toMatchObject({ reconciliation: 'PENDING' });
    shows = true;
    expect(await runs(shop, stripe)()).toEqual({ movements: 4, payouts: 1, apiCalls: 2 });
    expect(await bench.shown(shop, payout)).toMatchObject({ reconciliation: 'COMPLETE' });
  });
});
