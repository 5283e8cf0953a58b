import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { enterNewCard } from '#cli/demo/customer.ts';
import { cuttable, type Cuttable } from '#cli/testing/cuttable.ts';
import { eventually, type Shop, startStack, type Stack } from '#cli/testing/stack.ts';
import { signStripePayload } from '#subgraphs/shared/webhooks/stripe.ts';
import { after, caseIn, mailsOf, newestLink, onlyCase, paidCharges } from './support.ts';

/** Longer than the leases here (2 s), and than the first pauses between two tries. */
const AWAY_MS = 5_000;
const CARD = { number: '4242424242424242', name: 'Ada Okafor' };
const SUMMARY = `{ recoverySummary { currencies { currency casesRecovered recoveredAmount { amount } } } }`;

let stack: Stack;
let postgres: Cuttable[];
let clickhouse: Cuttable;
beforeAll(async () => {
  stack = await startStack({
    config: async (config) => {
      const [app, system, queue] = await Promise.all([
        cuttable(config.databaseUrl),
        cuttable(config.systemDatabaseUrl),
        cuttable(config.queueDatabaseUrl),
      ]);
      postgres = [app, system, queue];
      clickhouse = await cuttable(config.clickhouseUrl);
      return {
        ...config,
        databaseUrl: app.url,
        systemDatabaseUrl: system.url,
        systemDirectDatabaseUrl: system.url,
        queueDatabaseUrl: queue.url,
        clickhouseUrl: clickhouse.url,
      };
    },
  });
}, 120_000);
afterAll(async () => {
  await stack.close();
  await Promise.all([...postgres, clickhouse].map((way) => way.close()));
});

describe('while PostgreSQL is away', () => {
  it('webhooks are answered 503 and not 2xx or 4xx, and everything is applied once it is back', async () => {
    const shop = await stack.connectedShop();
    const [subscriber] = shop.merchant.subscribers;
    if (!subscriber) throw new Error('no subscriber');
    await shop.merchant.letCardFail(subscriber);
    const body = Buffer.from(
      JSON.stringify({
        id: 'evt_while_away',
        object: 'event',
        type: 'made.up',
        created: 1,
        livemode: false,
        data: { object: { id: 'x' } },
      }),
    );
    const send = (): Promise<Response> =>
      fetch(shop.connection.webhookUrl, {
        method: 'POST',
        body,
        headers: { 'stripe-signature': signStripePayload(body, shop.connection.webhookSecret, new Date()) },
      });

    for (const way of postgres) way.cut();
    const until = performance.now() + AWAY_MS;
    const statuses = new Set<number>();
    // The merchant's business goes on meanwhile: Stripe sends, is refused, and sends again.
    await shop.merchant.stripe.customers.update(subscriber.customerId, { name: 'Renamed while away' });
    while (performance.now() < until) {
      statuses.add((await send()).status);
      await pause(250);
    }
    expect([...statuses]).toEqual([503]);
    const graphql = await fetch(`${stack.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${shop.workspace.apiKey}` },
      body: '{"query":"{ workspace { id } }"}',
    });
    expect(graphql.status).toBe(503);
    for (const way of postgres) way.mend();

    await eventually('a 200 after the outage', async () => (await send()).status === 200);
    await eventually(
      'the change made during the outage',
      async () => {
        const { customers } = await shop.graph.run<{ customers: { edges: { node: { name: string | null } }[] } }>(
          `{ customers { edges { node { name } } } }`,
        );
        return customers.edges.some(({ node }) => node.name === 'Renamed while away');
      },
      60_000,
    );
    await shop.travelTo(after(shop.merchant.renewsAt, 2));
    await enterNewCard(await newestLink(stack, shop), CARD);
    const recovered = await caseIn(shop, 'RECOVERED');
    expect(await paidCharges(shop, recovered.invoice?.stripeId ?? '')).toBe(1);
    expect(await mailsOf(stack, shop)).toHaveLength(2);
  }, 120_000);
});

/** Events of Stripe's about customers that nobody knows yet, signed and sent one after the other until `until`; with what they were answered. */
async function sendMeanwhile(
  { connection }: Pick<Shop, 'connection'>,
  until: () => boolean,
): Promise<{ sent: number; statuses: ReadonlySet<number> }> {
  const statuses = new Set<number>();
  let sent = 0;
  while (!until()) {
    const object = { id: `cus_load_${String(sent)}`, object: 'customer', created: 1_790_000_000, livemode: false };
    const event = { id: `evt_load_${String(sent)}`, object: 'event', type: 'customer.created', created: 1_790_000_000 };
    const body = Buffer.from(JSON.stringify({ ...event, livemode: false, data: { object } }));
    const { status } = await fetch(connection.webhookUrl, {
      method: 'POST',
      body,
      headers: { 'stripe-signature': signStripePayload(body, connection.webhookSecret, new Date()) },
    });
    statuses.add(status);
    sent += 1;
  }
  return { sent, statuses };
}

describe('while ClickHouse is away', () => {
  it('webhooks are stored and applied as ever, and afterwards both sides agree to the unit', async () => {
    const shop = await stack.connectedShop();
    clickhouse.cut();
    const until = performance.now() + AWAY_MS;
    const { sent, statuses } = await sendMeanwhile(shop, () => performance.now() > until);
    expect([...statuses]).toEqual([200]);
    expect(sent).toBeGreaterThan(20);
    const { workspaceId } = shop.workspace;
    const count = async (sql: string): Promise<number> =>
      Number((await stack.admin.query<{ n: string }>(sql, [workspaceId])).rows[0]?.n);
    await eventually(
      'all of them in the mirror, with ClickHouse away',
      async () =>
        (await count(
          "SELECT count(*) AS n FROM stripe.customer WHERE workspace_id = $1 AND stripe_id LIKE 'cus_load_%'",
        )) === sent,
      30_000,
    );
    const behind = `SELECT count(*) AS n FROM kernel.stream WHERE workspace_id = $1 AND position > (SELECT position FROM analytics.ship_cursor)`;
    expect(await count(behind)).toBeGreaterThan(0);

    clickhouse.mend();
    await eventually('nothing left to ship', async () => (await count(behind)) === 0, 60_000);
    await shop.graph.run('mutation { startReconciliation(input: {}) { ... on StartedReconciliation { job { id } } } }');
    const compared = await eventually(
      'the comparison',
      async () => {
        const { reconciliations } = await shop.graph.run<{
          reconciliations: { edges: { node: { objects: number; differing: number } }[] };
        }>('{ reconciliations { edges { node { objects differing } } } }');
        return reconciliations.edges[0]?.node;
      },
      60_000,
    );
    expect(compared.differing).toBe(0);
    expect(compared.objects).toBeGreaterThanOrEqual(sent);
  }, 180_000);

  it('recovery goes on undisturbed, analytics says that it is unavailable, and the numbers are whole once it is back', async () => {
    const shop = await stack.connectedShop();
    const [subscriber] = shop.merchant.subscribers;
    if (subscriber) await shop.merchant.letCardFail(subscriber);
    clickhouse.cut();
    const cutAt = performance.now();
    await shop.travelTo(after(shop.merchant.renewsAt, 2));
    await enterNewCard(await newestLink(stack, shop), CARD);
    await caseIn(shop, 'RECOVERED');
    await expect(shop.graph.run(SUMMARY)).rejects.toThrow(/ANALYTICS_UNAVAILABLE/);
    expect((await onlyCase(shop)).state).toBe('RECOVERED');
    await pause(Math.max(0, AWAY_MS - (performance.now() - cutAt)));
    const awayMs = performance.now() - cutAt;
    clickhouse.mend();
    const summary = await eventually(
      'the recovered amount',
      async () => {
        const { recoverySummary } = await shop.graph
          .run<{ recoverySummary: { currencies: { casesRecovered: number }[] } | null }>(SUMMARY)
          .catch(() => ({ recoverySummary: null }));
        // What is shipped first may end before the case did.
        const currencies = recoverySummary?.currencies ?? [];
        return currencies.some(({ casesRecovered }) => casesRecovered > 0) && currencies;
      },
      // The shipper's pauses double: the last one is about as long as ClickHouse was away.
      30_000 + awayMs,
    );
    expect(summary).toEqual([{ currency: 'USD', casesRecovered: 1, recoveredAmount: { amount: '147.00' } }]);
  }, 180_000);
});
