import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { ProviderListener } from '#subgraphs/shared/resilience/listener.ts';
import { createProviderPolicies } from '#subgraphs/shared/resilience/policies.ts';
import type { CallLane } from '#subgraphs/shared/resilience/provider-call.ts';
import { DEFAULT_SETTINGS } from '#subgraphs/shared/resilience/settings.ts';
import { createInboxWriter } from '#subgraphs/shared/inbox/store.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { createBillingSubgraph } from '../index.ts';
import { CONNECTION, credentialsOf, syncRuns } from './factories.ts';
import { failRenewal, openShop, startTestSandbox, subscribe } from './stripe-sandbox.ts';
import { idOf } from '../stripe/normalise/fields.ts';

/** The way to the sandbox, which can be cut. */
interface Road {
  readonly url: string;
  /** Every request that came along, whether it arrived or not. */
  readonly requests: string[];
  isCut: boolean;
  close(): Promise<void>;
}

async function startRoad(to: string): Promise<Road> {
  const requests: string[] = [];
  const { hostname, port } = new URL(to);
  const road = { isCut: false };
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method ?? ''} ${incoming.url?.split('?')[0] ?? ''}`);
    if (road.isCut) {
      incoming.socket.resetAndDestroy();
      return;
    }
    const { method, url, headers } = incoming;
    const onward = forward({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return Object.assign(road, {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

let harness: Harness;
let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
let road: Road;
beforeAll(async () => {
  harness = await createHarness({ now: new Date() });
  sandbox = await startTestSandbox();
  road = await startRoad(sandbox.url);
});
afterAll(async () => {
  await road.close();
  await sandbox.close();
  await harness.close();
});

const breaker = { ...DEFAULT_SETTINGS.breaker, openMs: 40, longestOpenMs: 80 };
const settings = { ...DEFAULT_SETTINGS, firstPauseMs: 5, longestPauseMs: 20, breaker };

async function job(workspaceId: string): Promise<JsonObject> {
  const { rows } = await harness.admin.query<JsonObject>(
    "SELECT state, attempts, done::int, result FROM kernel.job WHERE workspace_id = $1 AND kind = 'billing.backfill'",
    [workspaceId],
  );
  return rows[0] ?? {};
}

describe('an outage of hours', () => {
  it('is waited out by a backfill, which asks little meanwhile and goes on where it was', async () => {
    const shop = await openShop(harness, sandbox.url);
    for (let i = 0; i < 30; i++) await shop.stripe.customers.create({ name: 'One of many' });
    const lanes: CallLane[] = [];
    const listener: ProviderListener = { onAttempt: (_key, { lane }) => lanes.push(lane) };
    const billing = createBillingSubgraph({
      stripeApiBase: road.url,
      credentials: credentialsOf(shop.apiKey, shop.account),
      runs: syncRuns,
      inbox: createInboxWriter(harness.contextDeps),
      policies: createProviderPolicies({ settings, listeners: [listener] }),
    });
    await harness
      .context(shop.workspaceId)
      .transaction((tx) => billing.onStripeConnected(tx, { connectionId: CONNECTION }));
    road.isCut = true;
    const turns = 40;
    for (let turn = 0; turn < turns; turn++) {
      await harness.pump([billing]);
      harness.wall.advance({ minutes: 6 });
    }
    expect(await job(shop.workspaceId)).toMatchObject({ state: 'QUEUED', attempts: turns });
    // Each turn asks at most once, as the breaker's probe; only the first ones also spend the retry budget.
    expect(road.requests.length).toBeLessThanOrEqual(turns + settings.budget.reserve);
    expect(new Set(lanes)).toEqual(new Set(['backfill']));

    road.isCut = false;
    await pause(breaker.longestOpenMs * 1.2 + 20);
    await harness.pump([billing]);
    expect(await job(shop.workspaceId)).toMatchObject({ state: 'SUCCEEDED', result: { counts: { customer: 30 } } });
  }, 60_000);

  it('leaves an attempt to collect with one charge, however often it was tried meanwhile', async () => {
    const shop = await openShop(harness, sandbox.url);
    const renewal = await subscribe(shop);
    const invoice = await failRenewal(shop, renewal);
    await shop.hear();
    const good = await shop.stripe.paymentMethods.attach('pm_card_visa', { customer: renewal.customer });
    await shop.stripe.customers.update(renewal.customer, { invoice_settings: { default_payment_method: good.id } });
    const { payments } = createBillingSubgraph({
      stripeApiBase: road.url,
      credentials: credentialsOf(shop.apiKey, shop.account),
      runs: syncRuns,
      inbox: createInboxWriter(harness.contextDeps),
      policies: createProviderPolicies({ settings }),
    });
    const retry = (): Promise<unknown> =>
      payments.retryInvoice(harness.context(shop.workspaceId), {
        invoiceId: idOf('invoice', invoice.id, shop),
        idempotencyKey: 'attempt-1',
      });
    road.isCut = true;
    road.requests.length = 0;
    await expect(retry()).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', notSent: false });
    await expect(retry()).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', notSent: false });
    await expect(retry()).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE', notSent: true });
    expect(road.requests).toHaveLength(breaker.consecutive);
    road.isCut = false;
    await pause(breaker.longestOpenMs * 1.2 + 20);
    expect(await retry()).toEqual({ result: 'PAID' });
    expect(await retry()).toEqual({ result: 'PAID' });
    const charges = await shop.stripe.charges.list({ customer: renewal.customer });
    expect(charges.data.filter(({ status, paid }) => status === 'succeeded' && paid)).toHaveLength(2); // the first month, and this one
  });
});
