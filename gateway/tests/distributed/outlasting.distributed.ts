import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { enterNewCard } from '#cli/demo/customer.ts';
import { type LiveEvent, type LiveView, watchRecoveries } from '#cli/demo/live.ts';
import { graphAt } from '#cli/graph.ts';
import { type DistributedStack, startDistributedStack } from '#cli/testing/distributed-stack.ts';
import { eventually, type Shop } from '#cli/testing/stack.ts';
import { signStripePayload } from '#subgraphs/shared/webhooks/stripe.ts';
import { after, caseIn, mailsOf, newestLink, paidCharges, untilLinkIsMailed } from '../scenarios/support.ts';

// Long waits, since nine processes share few cores: what they wait for is looked for all the while.
const PATIENCE_MS = 60_000;
const CARD = { number: '4242424242424242', name: 'Ada Okafor' };

let stack: DistributedStack;
beforeAll(async () => {
  stack = await startDistributedStack();
}, 240_000);
afterAll(async () => {
  await stack.close();
});

const watch = (shop: Shop, from?: string): LiveView =>
  watchRecoveries(`${stack.url.replace(/^http/, 'ws')}/graphql`, shop.workspace.apiKey, () => undefined, from);

/** A client that is told "try again in a few seconds" and does: it goes on from the last cursor that it has seen. */
function watchSteadily(shop: Shop): {
  seen(): readonly LiveEvent[];
  until(type: string): Promise<void>;
  close(): Promise<void>;
} {
  const earlier: LiveEvent[] = [];
  let view = watch(shop);
  const seen = (): LiveEvent[] => [...earlier, ...view.seen];
  return {
    seen,
    until: async (type) => {
      for (const end = Date.now() + PATIENCE_MS; !seen().some((event) => event.type === type);) {
        if (Date.now() > end)
          throw new Error(
            `No ${type}. Seen: ${seen()
              .map((event) => event.type)
              .join(', ')}`,
          );
        await view.until(type, 1_000).catch(async (error: unknown) => {
          if (!String(error).includes('broke off')) return; // It only takes longer.
          earlier.push(...view.seen);
          await view.close();
          view = watch(shop, earlier.at(-1)?.cursor);
        });
      }
    },
    close: () => view.close(),
  };
}

async function readiness(): Promise<{ status: string; checks: Record<string, string> }> {
  return (await (await fetch(`${stack.url}/health/ready`)).json()) as {
    status: string;
    checks: Record<string, string>;
  };
}

/** A signed delivery straight from "Stripe". */
async function deliverOne(shop: Shop, id: string): Promise<number> {
  const object = { id, object: 'event', type: 'made.up', created: 1, livemode: false, data: { object: { id: 'x' } } };
  const body = Buffer.from(JSON.stringify(object));
  const response = await fetch(shop.connection.webhookUrl, {
    method: 'POST',
    body,
    headers: { 'stripe-signature': signStripePayload(body, shop.connection.webhookSecret, new Date()) },
  });
  return response.status;
}

async function expectRecoveredOnce(shop: Shop): Promise<void> {
  const recovered = await caseIn(shop, 'RECOVERED', PATIENCE_MS);
  expect(await paidCharges(shop, recovered.invoice?.stripeId ?? '')).toBe(1);
  expect(await mailsOf(stack, shop)).toHaveLength(2);
}

describe('while Redis is away', () => {
  it('webhooks are answered 2xx, the story goes on, and nothing is done twice when it is back', async () => {
    const shop = await stack.connectedShop();
    const [subscriber] = shop.merchant.subscribers;
    if (subscriber) await shop.merchant.letCardFail(subscriber);
    await eventually('ready', async () => (await readiness()).status === 'ready', PATIENCE_MS);
    expect((await readiness()).checks).toMatchObject({ postgres: 'ok', queue: 'ok', 'subgraph recovery': 'ok' });

    await stack.redis.stop();
    expect(await deliverOne(shop, 'evt_while_redis_is_away')).toBe(200);
    // Still gets traffic: the queue only wakes.
    const degraded = await eventually(
      'degraded',
      async () => {
        const told = await readiness();
        return told.checks['queue'] === 'failed' && told;
      },
      PATIENCE_MS,
    );
    expect(degraded).toMatchObject({ status: 'degraded', checks: { postgres: 'ok' } });
    await shop.travelTo(after(shop.merchant.renewsAt, 2));
    const link = await newestLink(stack, shop);

    await stack.redis.start();
    await eventually('ready', async () => (await readiness()).status === 'ready', PATIENCE_MS);
    await enterNewCard(link, CARD);
    await expectRecoveredOnce(shop);
  }, 300_000);
});

describe('a live view', () => {
  it('loses and repeats no event when the gateway and then the subgraph behind it are killed', async () => {
    const shop = await stack.connectedShop();
    const live = watchSteadily(shop);
    await untilLinkIsMailed(shop);
    await live.until('LINK_CREATED');
    await stack.service('gateway').restart('SIGKILL');
    const link = await newestLink(stack, shop);
    await (await fetch(link)).text(); // happens while the view is on its way back
    await live.until('LINK_OPENED');
    const back = stack.service('subgraph recovery').restart('SIGKILL');
    // Neither the pay page nor the workers need that process.
    await enterNewCard(link, CARD);
    await back;
    await live.until('CASE_RECOVERED');
    await expectRecoveredOnce(shop);

    const [first] = live.seen();
    const replay = watch(shop, first?.cursor);
    await replay.until('CASE_RECOVERED', PATIENCE_MS);
    const last = (events: readonly LiveEvent[]): string | undefined => events.at(-1)?.cursor;
    await eventually('the rest', () => Promise.resolve(last(replay.seen) === last(live.seen())), PATIENCE_MS);
    expect(
      live
        .seen()
        .slice(1)
        .map(({ cursor }) => cursor),
    ).toEqual(replay.seen.map(({ cursor }) => cursor));
    await Promise.all([live.close(), replay.close()]);
  }, 300_000);
});

describe('SIGTERM under load', () => {
  it('ends each process with 0 within ten seconds, and no call, webhook or change is lost', async () => {
    const shop = await stack.connectedShop();
    const [subscriber] = shop.merchant.subscribers;
    if (!subscriber) throw new Error('no subscriber');
    const graph = graphAt(`${stack.url}/graphql`, shop.workspace.apiKey, { patienceMs: PATIENCE_MS });
    const load = { on: true };
    let [asked, sent] = [0, 0];
    const asking = (async () => {
      while (load.on) {
        await graph.run('{ customers { edges { node { name } } } recoveryCases { totalCount } workspace { id } }');
        asked += 1;
        await pause(20);
      }
    })();
    const changing = (async () => {
      while (load.on) {
        await shop.merchant.stripe.customers.update(subscriber.customerId, { name: `Renamed ${String(sent + 1)}` });
        sent += 1;
        await pause(50);
      }
    })();

    const endings: unknown[] = [];
    for (const service of stack.services) {
      const startedAt = performance.now();
      const ended = await service.restart('SIGTERM');
      endings.push({ name: service.name, ...ended, restarts: service.restarts, startedAt });
    }
    load.on = false;
    await Promise.all([asking, changing]);

    expect(endings).toEqual(
      stack.services.map(({ name }) => expect.objectContaining({ name, code: 0, signal: null, restarts: 0 })),
    );
    expect(asked).toBeGreaterThan(stack.services.length);
    await eventually(
      'the last change',
      async () => {
        const { customers } = await graph.run<{ customers: { edges: { node: { name: string } }[] } }>(
          '{ customers { edges { node { name } } } }',
        );
        return customers.edges.some(({ node }) => node.name === `Renamed ${String(sent)}`);
      },
      PATIENCE_MS,
    );
    // Those that came while nobody took them are sent again later, and may be behind the last one.
    const applied = await eventually(
      'every change applied',
      async () => {
        const { rows } = await stack.admin.query<{ state: string; n: string }>(
          `SELECT state, count(*) AS n FROM kernel.inbox_event WHERE workspace_id = $1 AND event_type = 'customer.updated' GROUP BY state`,
          [shop.workspace.workspaceId],
        );
        const isApplied = rows.every(({ state }) => state === 'APPLIED' || state === 'IGNORED');
        const all = rows.reduce((sum, { n }) => sum + Number(n), 0);
        return isApplied && all >= sent && all;
      },
      PATIENCE_MS,
    );
    expect(applied).toBe(sent);
  }, 300_000);
});
