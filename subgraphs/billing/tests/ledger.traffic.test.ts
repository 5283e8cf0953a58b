import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import { createInboxWriter } from '#subgraphs/shared/inbox/store.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { createBillingSubgraph, syncLane } from '../index.ts';
import { CONNECTION, credentialsOf, deliver, syncRuns } from './factories.ts';
import { type GeneratedStripe, generatedStripe, serveTraffic } from './generated-stripe.ts';
import { keepTraffic, type KeptTraffic, trafficGenerator } from './stripe-traffic.ts';

const [generator, server] = [trafficGenerator(), generatedStripe()];
const KEY = 'sk_test_traffic';

/** By Stripe's id of a balance transaction, that of the payout it was paid out in. */
type Assignments = Record<string, string>;

describe('the ledger of generated traffic', () => {
  if (generator === null || server === null) {
    it.skip('the generator or its server is not beside this repository', () => undefined);
    return;
  }
  let harness: Harness;
  let traffic: KeptTraffic;
  let generated: GeneratedStripe;
  beforeAll(async () => {
    harness = await createHarness({ now: new Date() });
    traffic = keepTraffic(generator, { events: 1_000, seed: 11, shape: 'endive', profile: 'full' });
    generated = await serveTraffic(server, traffic.folder);
  });
  afterAll(async () => {
    await generated.stop();
    traffic.remove();
    await harness.close();
  });

  const stripe = (): Stripe => {
    const { hostname, port } = new URL(generated.url);
    return new Stripe(KEY, { host: hostname, port: Number(port), protocol: 'http', telemetry: false });
  };

  async function truth(): Promise<Assignments> {
    const found: Assignments = {};
    for await (const payout of stripe().payouts.list({ limit: 100 })) {
      if (!['paid', 'failed'].includes(payout.status)) continue;
      for await (const moved of stripe().balanceTransactions.list({ payout: payout.id, limit: 100 }))
        found[moved.id] = payout.id;
    }
    return found;
  }

  it('ends with each movement in the payout that Stripe says, and each settled payout adding up', async () => {
    const { id: account } = await stripe().accounts.retrieveCurrent();
    const workspaceId = await harness.newWorkspace();
    const credentials = credentialsOf(KEY, account);
    const { wall, system, contexts } = harness;
    const billing = createBillingSubgraph({
      stripeApiBase: generated.url,
      credentials,
      runs: syncRuns,
      inbox: createInboxWriter(harness.contextDeps),
      wall,
    });
    await harness.context(workspaceId).transaction((tx) => billing.onStripeConnected(tx, { connectionId: CONNECTION }));
    const own = traffic.deliveries.filter((event) => event.account === undefined && !event.livemode);
    await deliver(harness, workspaceId, JSON.parse(JSON.stringify(own)) as never, account);
    await harness.pump([billing]);
    wall.advance({ minutes: 1 });
    const lane = syncLane({ contexts, system, credentials, wall });
    for (const { workspaceId: of, detail } of await lane.due()) await lane.drain(of, detail);
    await harness.pump([billing]);

    const { rows } = await harness.admin.query<{ id: string; payout: string | null }>(
      `SELECT t.stripe_id AS id, p.stripe_id AS payout FROM stripe.balance_transaction t
       LEFT JOIN stripe.payout p ON p.workspace_id = t.workspace_id AND p.id = t.payout_id WHERE t.workspace_id = $1`,
      [workspaceId],
    );
    const assigned = rows.flatMap(({ id, payout }) => (payout === null ? [] : [[id, payout] as const]));
    const expected = await truth();
    expect(Object.keys(expected).length).toBeGreaterThan(30);
    expect(Object.fromEntries(assigned)).toEqual(expected);

    const { data } = await harness.run(
      billing.schema,
      '{ payouts(first: 100) { edges { node { reconciliationStatus listed: reconciliation } } } }',
      {},
      { workspaceId, scopes: ['billing:read'] },
    );
    const { edges } = (data as { payouts: { edges: { node: { reconciliationStatus: string; listed: string } }[] } })
      .payouts;
    const told = edges.map(({ node }) => `${node.reconciliationStatus} ${node.listed}`);
    expect(new Set(told)).toEqual(new Set(['COMPLETED COMPLETE', 'IN_PROGRESS PENDING']));
  }, 60_000);
});
