import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { BillingSubgraph } from '#subgraphs/billing/index.ts';
import { deliver, invoiceObject, offlineBilling, stripeEvent } from '#subgraphs/billing/tests/factories.ts';
import { createClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import type { Subgraph } from '#subgraphs/shared/graphql/subgraph.ts';
import { createAnalyticsSubgraph } from '../index.ts';
import { reconcileLane } from '../reconcile-lane.ts';
import { figuresOfMirror } from '../repositories/mirror-objects.ts';
import { shipEvents } from '../use-cases/ship-events.ts';
import { createAnalyticsWorld, type AnalyticsWorld, NO_CASES } from './factories.ts';

const DAY_S = 86_400;
const FIRST = 1_795_000_000;

let world: AnalyticsWorld;
let billing: BillingSubgraph;
let analytics: Subgraph;
let workspaceId: string;
beforeAll(async () => {
  world = await createAnalyticsWorld();
  billing = offlineBilling();
  analytics = createAnalyticsSubgraph({
    clickhouse: world.ch,
    system: world.system,
    mirror: billing.mirror,
    cases: NO_CASES,
  });
});
afterAll(async () => {
  await world.close();
});
beforeEach(async () => {
  workspaceId = await world.harness.newWorkspace();
});

/** Invoices over days and currencies, with amounts that no double holds, and customers, which have no amount. */
async function invoices(count: number, from = 0): Promise<void> {
  const events = Array.from({ length: count }, (_, index) => {
    const n = from + index;
    const created = FIRST + (n % 3) * DAY_S;
    const total = n % 5 === 0 ? 9_007_199_254_740_990 : 100 * n;
    const invoice = invoiceObject({
      id: `in_${String(n)}`,
      created,
      total,
      currency: ['eur', 'usd', 'jpy'][n % 3] ?? 'eur',
      status: n % 2 === 0 ? 'draft' : 'open',
      customer: `cus_${String(n)}`,
    });
    const customer = {
      id: `cus_${String(n)}`,
      object: 'customer',
      created,
      livemode: false,
      name: `Zoë | ${String(n)}`,
    };
    return [
      stripeEvent('invoice.created', created, invoice),
      stripeEvent('customer.created', created, customer),
      ...(n % 7 === 0 ? [stripeEvent('customer.deleted', created + 5, customer)] : []),
    ];
  });
  await deliver(world.harness, workspaceId, events.flat());
  await world.harness.pump([billing]);
}

const shipAll = async (): Promise<void> => {
  while ((await shipEvents(world.ship, { limit: 500 })) === 500);
};

interface Report {
  id: string;
  askedByType: string;
  kind: string | null;
  objects: number;
  groups: number;
  differing: number;
  repaired: number;
  differences: { kind: string; stripeId: string; objectId: string; what: string; repaired: boolean }[];
}

async function ask(source: string, scopes = ['analytics:read', 'analytics:write']): Promise<Record<string, unknown>> {
  const { data, errors } = await world.harness.run(analytics.schema, source, {}, { workspaceId, scopes });
  expect(errors).toBeUndefined();
  return JSON.parse(JSON.stringify(data)) as Record<string, unknown>;
}

const start = (input = '{}'): string =>
  `mutation { startReconciliation(input: ${input}) { __typename ... on StartedReconciliation { job { id } } ... on ValidationError { param message } } }`;

/** Asks for a comparison as a client does, has it carried out, and answers what it says of itself. */
async function reconcile(input?: string): Promise<Report> {
  await ask(start(input));
  await world.harness.pump([billing, analytics]);
  await shipAll(); // what the job tells of itself
  return newest();
}

async function newest(): Promise<Report> {
  const { reconciliations } = (await ask(
    '{ reconciliations(first: 1) { edges { node { id askedByType kind objects groups differing repaired differences { kind stripeId objectId what repaired } } } } }',
  )) as { reconciliations: { edges: { node: Report }[] } };
  const [edge] = reconciliations.edges;
  if (edge === undefined) throw new Error('nothing was compared');
  return edge.node;
}

const corrupt = async (where: string, replace: string): Promise<void> => {
  await world.ch.command(
    `INSERT INTO mirror_current SELECT * REPLACE (${replace}) FROM (SELECT * FROM mirror_current FINAL WHERE workspace_id = {ws:String} AND ${where})`,
    { ws: workspaceId },
  );
};

describe('a comparison', () => {
  it('finds both sides the same, to the unit, per kind, day and currency', async () => {
    await invoices(30);
    await shipAll();
    expect(await reconcile()).toMatchObject({
      askedByType: 'API_KEY',
      objects: 60,
      groups: 6,
      differing: 0,
      repaired: 0,
      differences: [],
    });
    const ctx = world.harness.context(workspaceId);
    const sorted = (figures: readonly object[]): string[] =>
      figures
        .map((each) =>
          JSON.stringify(each, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value), 0),
        )
        .sort();
    const inPostgres = (await billing.mirror.figures(ctx, null)).map(
      ({ kind, day, currency, objects, amountMinor, fingerprint }) => ({
        kind,
        day,
        currency,
        objects,
        amountMinor,
        fingerprint,
      }),
    );
    const inClickHouse = (await figuresOfMirror(world.ch, workspaceId, null)).map(
      ({ kind, day, currency, objects, amountMinor, fingerprint }) => ({
        kind,
        day,
        currency,
        objects,
        amountMinor,
        fingerprint,
      }),
    );
    expect(sorted(inClickHouse)).toEqual(sorted(inPostgres));
    expect(inPostgres.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)).toBeGreaterThan(9_007_199_254_740_992n);
  });

  it('names ten rows that somebody spoiled, mends them, and finds nothing the next time', async () => {
    await invoices(30);
    await shipAll();
    await world.ch.command(
      `DELETE FROM mirror_current WHERE workspace_id = {ws:String} AND stripe_id IN ('in_1', 'in_2', 'cus_3')`,
      { ws: workspaceId },
    );
    await corrupt(`stripe_id IN ('in_4', 'in_5')`, 'version + 1 AS version, amount_minor + 1 AS amount_minor');
    await corrupt(`stripe_id = 'in_6'`, `version + 1 AS version, 'PAID' AS status`);
    await corrupt(`stripe_id = 'in_8'`, `version + 1 AS version, created_at - toIntervalDay(40) AS created_at`);
    await corrupt(`stripe_id = 'cus_9'`, 'toUInt64(18000000000000000000) AS version, true AS deleted');
    await corrupt(`stripe_id = 'in_10'`, `version + 1 AS version, 'GBP' AS currency`);
    await corrupt(`stripe_id = 'cus_11'`, `'cus_invented' AS object_id, 'cus_nobody' AS stripe_id`);

    const report = await reconcile();
    expect(report).toMatchObject({ objects: 60, differing: 10, repaired: 10 });
    expect(report.differences.map(({ stripeId, what, repaired }) => [stripeId, what, repaired]).sort()).toEqual(
      [
        ...['in_1', 'in_2', 'cus_3'].map((id) => [id, 'MISSING', true]),
        ...['in_4', 'in_5', 'in_6', 'in_8', 'cus_9', 'in_10'].map((id) => [id, 'DIFFERENT', true]),
        ['cus_nobody', 'EXTRA', true],
      ].sort(),
    );
    expect(await reconcile()).toMatchObject({ objects: 60, differing: 0 });
  });

  it('does not repeat in the history what it knows, and adds a state that never came', async () => {
    await invoices(2, 1);
    await shipAll();
    await world.ch.command(
      `DELETE FROM mirror_current WHERE workspace_id = {ws:String} AND stripe_id IN ('in_1', 'in_2')`,
      { ws: workspaceId },
    );
    await world.ch.command(`DELETE FROM mirror_history WHERE workspace_id = {ws:String} AND stripe_id = 'in_2'`, {
      ws: workspaceId,
    });
    const { differences } = await reconcile();
    for (const { objectId } of differences)
      expect(
        ((await ask(`{ objectHistory(id: "${objectId}") { status } }`)) as { objectHistory: unknown[] }).objectHistory,
      ).toHaveLength(1);
    expect(differences).toHaveLength(2);
  });

  it('leaves what is mended to newer events', async () => {
    await invoices(1, 1);
    await shipAll();
    await corrupt(`stripe_id = 'in_1'`, `version + 1 AS version, 'PAID' AS status`);
    expect(await reconcile()).toMatchObject({ differing: 1, repaired: 1 });
    const voided = invoiceObject({
      id: 'in_1',
      created: FIRST + DAY_S,
      total: 100,
      currency: 'usd',
      status: 'void',
      customer: 'cus_1',
    });
    await deliver(world.harness, workspaceId, [stripeEvent('invoice.voided', FIRST + 2 * DAY_S, voided)]);
    await world.harness.pump([billing]);
    await shipAll();
    expect(await reconcile()).toMatchObject({ differing: 0 });
  });

  it('does not take what is on its way for a difference', async () => {
    await invoices(5);
    const comparing = reconcile();
    await pause(1_000);
    await shipAll();
    expect(await comparing).toMatchObject({ objects: 10, differing: 0 });
  }, 20_000);

  it('looks at one workspace and touches no other', async () => {
    await invoices(3);
    await shipAll();
    const spoiled = workspaceId;
    await corrupt(`stripe_id = 'in_1'`, `version + 1 AS version, 'PAID' AS status`);
    workspaceId = await world.harness.newWorkspace();
    await invoices(3);
    await shipAll();
    expect(await reconcile()).toMatchObject({ objects: 6, differing: 0 });
    workspaceId = spoiled;
    expect(await reconcile()).toMatchObject({ objects: 6, differing: 1, repaired: 1 });
  });

  it('waits for ClickHouse, and is carried out when it is back', async () => {
    await invoices(2);
    await shipAll();
    const away = createClickHouse({ url: 'http://127.0.0.1:9', database: 'analytics', timeoutMs: 500 });
    const cutOff = createAnalyticsSubgraph({
      clickhouse: away,
      system: world.system,
      mirror: billing.mirror,
      cases: NO_CASES,
    });
    await ask(start());
    await world.harness.pump([billing, cutOff]);
    expect(await ask('{ reconciliations { totalCount } }')).toEqual({ reconciliations: { totalCount: 0 } });
    world.wall.advance({ minutes: 1 });
    await world.harness.pump([billing, analytics]);
    expect(await newest()).toMatchObject({ objects: 4, differing: 0 });
    await away.close();
  });

  it('is asked for with the scope analytics:write, and is one while it is under way', async () => {
    const { errors } = await world.harness.run(
      analytics.schema,
      start(),
      {},
      { workspaceId, scopes: ['analytics:read'] },
    );
    expect(errors).toMatchObject([{ message: expect.stringContaining('analytics:write') }]);
    expect(await ask(start())).toEqual(await ask(start()));
  });

  it('of one kind finds and mends objects of that kind alone', async () => {
    await invoices(6);
    await shipAll();
    await corrupt(`stripe_id IN ('in_1', 'cus_2')`, `version + 1 AS version, 'PAID' AS status`);
    const report = await reconcile('{ kind: "invoice" }');
    expect(report).toMatchObject({ kind: 'invoice', objects: 6, groups: 3, differing: 1, repaired: 1 });
    expect(report.differences.map(({ stripeId }) => stripeId)).toEqual(['in_1']);
    const everything = await reconcile();
    expect(everything).toMatchObject({ kind: null, objects: 12, differing: 1, repaired: 1 });
    expect(everything.differences.map(({ stripeId }) => stripeId)).toEqual(['cus_2']);
  });

  it('of one kind is another than that of all', async () => {
    const [ofAll, ofInvoices] = [await ask(start()), await ask(start('{ kind: "invoice" }'))];
    expect(ofInvoices).not.toEqual(ofAll);
    expect(await ask(start('{ kind: "invoice" }'))).toEqual(ofInvoices);
  });

  it.each(['invoices', '', 'toString'])('of the kind "%s", which there is not, is refused', async (kind) => {
    expect(await ask(start(JSON.stringify({ kind }).replace('"kind"', 'kind')))).toMatchObject({
      startReconciliation: { __typename: 'ValidationError', param: 'input.kind' },
    });
  });
});

describe('the lane', () => {
  it('has a workspace compared a day after its first event, and then every day', async () => {
    await invoices(1);
    await shipAll();
    const lane = reconcileLane({ contexts: world.harness.contexts, system: world.system, wall: world.wall });
    const isDue = async (): Promise<boolean> => (await lane.due()).some((due) => due.workspaceId === workspaceId);
    expect(await isDue()).toBe(false);
    world.wall.advance({ hours: 25 });
    expect(await isDue()).toBe(true);
    expect(await isDue()).toBe(false); // it looks once a minute
    await lane.drain(workspaceId);
    await world.harness.pump([billing, analytics]);
    expect(await newest()).toMatchObject({ askedByType: 'SYSTEM', objects: 2, differing: 0 });
    world.wall.advance({ hours: 23 });
    expect(await isDue()).toBe(false);
    await reconcile('{ kind: "invoice" }'); // stands for no comparison of everything
    world.wall.advance({ hours: 2 });
    expect(await isDue()).toBe(true);
  });
});
