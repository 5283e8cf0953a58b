import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { steer } from '#sandbox/tests/harness.ts';
import { createInboxWriter } from '#subgraphs/shared/inbox/store.ts';
import type { ProviderListener } from '#subgraphs/shared/resilience/listener.ts';
import { createProviderPolicies } from '#subgraphs/shared/resilience/policies.ts';
import type { CallLane } from '#subgraphs/shared/resilience/provider-call.ts';
import { virtualPace } from '#subgraphs/shared/resilience/tests/virtual-pace.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { createBillingSubgraph } from '../index.ts';
import { actingAs } from '../stripe/acting-as.ts';
import { createStripeApi } from '../stripe/client.ts';
import { CONNECTION, credentialsOf, syncRuns } from './factories.ts';
import { openShop, startTestSandbox } from './stripe-sandbox.ts';

/** The watch of the gate and of what Stripe counts: seconds of waiting take no time, and no load on the machine blurs them. */
const pace = virtualPace();

let harness: Harness;
let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
let gate: ReturnType<typeof watchGate>;
beforeAll(async () => {
  gate = watchGate();
  harness = await createHarness({ now: new Date() });
  sandbox = await startTestSandbox({ watch: () => pace.now() });
});
afterAll(async () => {
  await gate.stop();
  await sandbox.close();
  await harness.close();
});

/** Requests a second that Stripe allows a test account, and what we take of them. */
const [LIMIT, OURS] = [25, 20];
const CUSTOMERS = 60;
const REFUSED_FOR_MS = 30_000;

interface Trouble {
  readonly trouble: {
    readonly test: { requests: number; limited: number; broken: number; busiestSecond: number };
  };
}

interface Admission {
  readonly lane: CallLane;
  /** When it came to the gate, and when it was let through. */
  readonly cameAt: number;
  readonly passedAt: number;
}

/** What passes the gate, in order; time goes on whenever somebody waits for it and no request is on its way. */
function watchGate(): { listener: ProviderListener; passed: Admission[]; stop(): Promise<void> } {
  const passed: Admission[] = [];
  let underWay = 0;
  const over = new AbortController();
  const running = (async () => {
    while (!over.signal.aborted) {
      await nextTurn();
      if (underWay === 0 && Number.isFinite(pace.nextInMs)) await pace.pass(pace.nextInMs);
    }
  })();
  return {
    passed,
    listener: {
      onAdmitted: (_key, { lane, waitedMs }) => {
        underWay += 1;
        passed.push({ lane, cameAt: pace.now() - waitedMs, passedAt: pace.now() });
      },
      onAttempt: () => (underWay -= 1),
    },
    stop: () => {
      over.abort();
      return running;
    },
  };
}

it('a backfill comes through half a minute of 429 and a 500 in fifty, at four fifths of the rate, and holds up nobody', async () => {
  const shop = await openShop(harness, sandbox.url);
  const { workspaceId, account } = shop;
  for (let i = 0; i < CUSTOMERS; i += 10)
    await Promise.all(Array.from({ length: 10 }, () => shop.stripe.customers.create({ name: 'One of many' })));
  const policies = createProviderPolicies({ listeners: [gate.listener], pace });
  const billing = createBillingSubgraph({
    stripeApiBase: sandbox.url,
    credentials: credentialsOf(shop.apiKey, account),
    runs: syncRuns,
    inbox: createInboxWriter(harness.contextDeps),
    policies,
  });
  const trouble = (body: object): Promise<unknown> => steer(sandbox.url, account, 'trouble', body);
  const figures = async (): Promise<Trouble['trouble']['test']> =>
    ((await (await fetch(`${sandbox.url}/__sandbox/state/${account}`)).json()) as Trouble).trouble.test;
  const backfilled = (): number => gate.passed.filter(({ lane }) => lane === 'backfill').length;
  /** How many calls had been made for it when the backfill was first seen to say that it is complete. */
  let completeAfter: number | undefined;
  const progress = async (): Promise<{ job: string; run: string | null; done: number; counts: object | null }> => {
    const { rows } = await harness.admin.query<{
      job: string;
      run: string | null;
      done: number;
      counts: object | null;
    }>(
      `SELECT j.state AS job, r.state AS run, j.done::int, r.counts FROM kernel.job j
       LEFT JOIN accounts.sync_run r ON r.workspace_id = j.workspace_id AND r.job_id = j.id
       WHERE j.workspace_id = $1 AND j.kind = 'billing.backfill'`,
      [workspaceId],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('No backfill was asked for');
    if (row.run === 'SUCCEEDED') completeAfter ??= backfilled();
    return row;
  };

  await harness.context(workspaceId).transaction((tx) => billing.onStripeConnected(tx, { connectionId: CONNECTION }));
  await trouble({ rate: LIMIT });
  const begun = harness.pump([billing]);
  while ((await progress()).done < CUSTOMERS) await pause(5);
  await trouble({ rate: 0 });
  await begun;
  const refusedUntil = pace.now() + REFUSED_FOR_MS;
  const before = (await progress()).done;
  while (pace.now() < refusedUntil) {
    expect((await progress()).run).toBe('RUNNING');
    harness.wall.advance({ ms: 2_000 });
    await pace.sleep(2_000);
    await harness.pump([billing]);
  }
  const { requests } = await figures();
  expect((await progress()).done).toBe(before);
  // It asks every other second whether it may again, and does not hammer.
  expect(requests).toBeLessThan(REFUSED_FOR_MS / 500);

  await trouble({ rate: LIMIT, error_rate: 0.02, seed: 7 });
  const stripe = actingAs(createStripeApi({ stripeApiBase: sandbox.url, policies }), shop, {
    account,
    livemode: false,
  });
  const firstLive = gate.passed.length;
  do {
    const ended = harness.pump([billing]).then(() => true);
    while (!(await Promise.race([ended, nextTurn(false)]))) {
      await stripe.call((sdk) => sdk.customers.list({ limit: 1 }, { apiKey: shop.apiKey }));
      await progress();
    }
    harness.wall.advance({ minutes: 1 });
  } while ((await progress()).job !== 'SUCCEEDED');
  const { broken, limited, busiestSecond } = await figures();
  expect(broken).toBeGreaterThan(0);
  expect(limited).toBe(0);
  expect(busiestSecond).toBe(OURS);
  // Each attempt for itself: one that Stripe answered with a 500 pauses before it comes to the gate again, and meanwhile others pass.
  const live = gate.passed.slice(firstLive).filter(({ lane }) => lane === 'live');
  expect(live.some(({ cameAt, passedAt }) => passedAt > cameAt)).toBe(true);
  for (const one of live) {
    const ahead = gate.passed.slice(0, gate.passed.indexOf(one));
    expect(ahead.filter(({ lane, passedAt }) => lane === 'backfill' && passedAt > one.cameAt)).toEqual([]);
  }
  expect(await progress()).toMatchObject({ job: 'SUCCEEDED', run: 'SUCCEEDED', counts: { customer: CUSTOMERS } });
  expect(completeAfter).toBe(backfilled());
}, 180_000);
