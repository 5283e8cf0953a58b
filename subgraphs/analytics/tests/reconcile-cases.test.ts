import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { caseClosed, caseOpened, caseRecovered } from '#subgraphs/recovery/events.ts';
import { createRecoverySubgraph, type RecoveryDeps } from '#subgraphs/recovery/index.ts';
import type { Subgraph } from '#subgraphs/shared/graphql/subgraph.ts';
import { createAnalyticsSubgraph } from '../index.ts';
import type { CasesPort } from '../ports.ts';
import { figuresOfCases } from '../repositories/recovery-cases.ts';
import { shipEvents } from '../use-cases/ship-events.ts';
import { createAnalyticsWorld, type AnalyticsWorld, ids, NO_MIRROR } from './factories.ts';

const DAY_MS = 86_400_000;
const FIRST = new Date('2026-11-01T23:59:59.999Z');

let world: AnalyticsWorld;
let cases: CasesPort;
let analytics: Subgraph;
let workspaceId: string;
beforeAll(async () => {
  world = await createAnalyticsWorld();
  // Of recovery, nothing but what it says of its cases is asked here.
  ({ cases } = createRecoverySubgraph({ system: world.system } as RecoveryDeps));
  analytics = createAnalyticsSubgraph({ clickhouse: world.ch, system: world.system, mirror: NO_MIRROR, cases });
});
afterAll(async () => {
  await world.close();
});
beforeEach(async () => {
  workspaceId = await world.harness.newWorkspace();
  await world.harness.admin.query(
    `WITH flow AS (INSERT INTO recovery.workflow (workspace_id, id, key, name, trigger, created_at) VALUES ($1, 'wf_1', 'k', 'n', 'PAYMENT_FAILED', now()))
     INSERT INTO recovery.workflow_version (workspace_id, id, workflow_id, version, definition, created_at) VALUES ($1, 'wfv_1', 'wf_1', 1, '{}', now())`,
    [workspaceId],
  );
});

interface Case {
  readonly id: string;
  readonly amountMinor: bigint;
}

/** Cases over days, currencies and states, as recovery keeps and announces them; the first one's invoice is asked for more by now. */
async function openCases(count: number): Promise<readonly Case[]> {
  const opened: Case[] = [];
  for (let n = 0; n < count; n += 1) {
    const id = ids.next('case');
    const about = { caseId: id, invoiceId: ids.next('inv'), customerId: ids.next('cus') };
    const at = new Date(FIRST.getTime() + (n % 2) * DAY_MS);
    const ended = new Date(at.getTime() + 3_600_000);
    const currency = n % 3 === 0 ? 'JPY' : 'EUR';
    const amountMinor = n === 1 ? 9_007_199_254_740_993n : BigInt(100 * (n + 1));
    const amount = { amountMinor: String(amountMinor), currency };
    const paid = { amountMinor: String(amountMinor + 7n), currency };
    const state = ['OPEN', 'RECOVERED', 'CLOSED'][n % 3] ?? 'OPEN';
    const declineClass = 'SOFT_UNKNOWN' as const;
    const told = { ...about, declineClass, openedAt: at.toISOString() };
    await world.harness.admin.query(
      `INSERT INTO recovery.recovery_case (workspace_id, id, invoice_id, customer_id, state, close_reason, attribution, amount_minor, failed_amount_minor, recovered_amount_minor, currency,
                                           attempt_count, decline_class, time_zone, workflow_version_id, opened_at, closed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, 'UTC', 'wfv_1', $13, $14)`,
      [
        workspaceId,
        id,
        about.invoiceId,
        about.customerId,
        state,
        state === 'CLOSED' ? 'EXHAUSTED' : null,
        state === 'RECOVERED' ? 'LINK' : null,
        n === 0 ? amountMinor + 50n : amountMinor,
        amountMinor,
        state === 'RECOVERED' ? amountMinor + 7n : null,
        currency,
        declineClass,
        at,
        state === 'OPEN' ? null : ended,
      ],
    );
    await world.harness.context(workspaceId).transaction(async (tx) => {
      const subscription = { subscriptionId: null, declineCode: null };
      await tx.publish(caseOpened({ subjectId: id, payload: { ...told, ...subscription, amount } }));
      if (state === 'RECOVERED') {
        const how = { amount: paid, attribution: 'LINK' as const, recoveredAt: ended.toISOString() };
        await tx.publish(caseRecovered({ subjectId: id, payload: { ...told, ...how } }));
      }
      if (state === 'CLOSED') {
        const why = { amount, reason: 'EXHAUSTED' as const, closedAt: ended.toISOString() };
        await tx.publish(caseClosed({ subjectId: id, payload: { ...told, ...why } }));
      }
    });
    opened.push({ id, amountMinor });
  }
  await world.harness.pump([analytics]);
  await shipAll();
  return opened;
}

const shipAll = async (): Promise<void> => {
  while ((await shipEvents(world.ship, { limit: 500 })) === 500);
};

async function ask(source: string): Promise<Record<string, unknown>> {
  const scopes = ['analytics:read', 'analytics:write'];
  const { data, errors } = await world.harness.run(analytics.schema, source, {}, { workspaceId, scopes });
  expect(errors).toBeUndefined();
  return JSON.parse(JSON.stringify(data)) as Record<string, unknown>;
}

interface Report {
  readonly objects: number;
  readonly groups: number;
  readonly differing: number;
  readonly repaired: number;
  readonly differences: readonly {
    kind: string;
    objectId: string;
    stripeId: string;
    what: string;
    repaired: boolean;
  }[];
}

async function reconcile(input = '{}'): Promise<Report> {
  await ask(`mutation { startReconciliation(input: ${input}) { __typename } }`);
  await world.harness.pump([analytics]);
  await shipAll(); // what the job tells of itself
  const { reconciliations } = (await ask(
    '{ reconciliations(first: 1) { edges { node { objects groups differing repaired differences { kind objectId stripeId what repaired } } } } }',
  )) as { reconciliations: { edges: { node: Report }[] } };
  const [edge] = reconciliations.edges;
  if (edge === undefined) throw new Error('nothing was compared');
  return edge.node;
}

const spoil = async (caseId: string, replace: string): Promise<void> => {
  await world.ch.command(
    `INSERT INTO recovery_case_current SELECT * REPLACE (${replace}) FROM (SELECT * FROM recovery_case_current FINAL WHERE workspace_id = {ws:String} AND case_id = {id:String})`,
    { ws: workspaceId, id: caseId },
  );
};

const summary = async (): Promise<unknown> =>
  JSON.parse(
    JSON.stringify(
      await world.summary(workspaceId, new Date('2026-12-31T00:00:00Z'), {
        from: new Date('2026-10-01T00:00:00Z'),
        to: new Date('2026-12-31T00:00:00Z'),
      }),
      (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    ),
  );

describe('a comparison of recovery cases', () => {
  it('finds both sides the same, to the unit, per day, state and currency', async () => {
    await openCases(6);
    expect(await reconcile()).toMatchObject({ objects: 6, groups: 6, differing: 0, differences: [] });
    const sorted = (figures: readonly object[]): string[] =>
      figures
        .map((each) =>
          JSON.stringify(
            Object.entries(each)
              .map(([name, value]) => [name, String(value)])
              .sort(),
          ),
        )
        .sort();
    const inPostgres = await cases.figures(world.harness.context(workspaceId));
    expect(sorted(await figuresOfCases(world.ch, workspaceId))).toEqual(sorted(inPostgres));
    expect(inPostgres.map(({ day, state, currency }) => `${day} ${state} ${currency}`)).toContain(
      '2026-11-01 IN_PROGRESS JPY',
    );
  });

  it('names those that somebody spoiled, mends them, and finds nothing the next time', async () => {
    const [a, b, c, d, e, f] = await openCases(7);
    const before = await summary();
    await spoil(a?.id ?? '', `version + 1 AS version, 'LOST' AS state`);
    await spoil(b?.id ?? '', 'version + 1 AS version, recovered_amount_minor + 1 AS recovered_amount_minor');
    await spoil(c?.id ?? '', `toUInt64(18000000000000000000) AS version, 'GBP' AS currency`);
    await spoil(d?.id ?? '', 'version + 1 AS version, opened_at - toIntervalDay(40) AS opened_at');
    await spoil(e?.id ?? '', `'case_invented' AS case_id`);
    await world.ch.command(
      `DELETE FROM recovery_case_current WHERE workspace_id = {ws:String} AND case_id = {id:String}`,
      {
        ws: workspaceId,
        id: f?.id ?? '',
      },
    );
    expect(await summary()).not.toEqual(before);

    const report = await reconcile();
    expect(report).toMatchObject({ objects: 7, differing: 6, repaired: 6 });
    expect(
      report.differences.map(({ kind, objectId, stripeId, what }) => [kind, objectId, stripeId, what]).sort(),
    ).toEqual(
      [
        ...[a, b, c, d].map((each) => ['recovery_case', each?.id, '', 'DIFFERENT']),
        ['recovery_case', 'case_invented', '', 'EXTRA'],
        ['recovery_case', f?.id, '', 'MISSING'],
      ].sort(),
    );
    expect(await summary()).toEqual(before);
    expect(await reconcile()).toMatchObject({ objects: 7, differing: 0 });
  });

  it('leaves what is mended to newer events', async () => {
    const [open] = await openCases(1);
    const caseId = open?.id ?? '';
    await spoil(caseId, `version + 1 AS version, 'LOST' AS state`);
    expect(await reconcile()).toMatchObject({ differing: 1, repaired: 1 });
    const { rows } = await world.harness.admin.query<{ invoice_id: string; customer_id: string }>(
      `UPDATE recovery.recovery_case SET state = 'RECOVERED', attribution = 'LINK', recovered_amount_minor = 150, closed_at = $2 WHERE id = $1 RETURNING invoice_id, customer_id`,
      [caseId, FIRST],
    );
    const about = { caseId, invoiceId: rows[0]?.invoice_id ?? '', customerId: rows[0]?.customer_id ?? '' };
    const payload = {
      ...about,
      amount: { amountMinor: '150', currency: 'JPY' },
      attribution: 'LINK' as const,
      declineClass: 'SOFT_UNKNOWN' as const,
      openedAt: FIRST.toISOString(),
      recoveredAt: FIRST.toISOString(),
    };
    await world.harness
      .context(workspaceId)
      .transaction((tx) => tx.publish(caseRecovered({ subjectId: caseId, payload })));
    await world.harness.pump([analytics]);
    await shipAll();
    expect(await reconcile()).toMatchObject({ objects: 1, differing: 0 });
  });

  it('alone looks at nothing else, and another kind alone not at cases', async () => {
    const [one] = await openCases(2);
    await spoil(one?.id ?? '', `version + 1 AS version, 'BANK' AS attribution`);
    expect(await reconcile('{ kind: "recovery_case" }')).toMatchObject({ objects: 2, differing: 1, repaired: 1 });
  });

  it('looks at one workspace and touches no other', async () => {
    const [one] = await openCases(2);
    await spoil(one?.id ?? '', `version + 1 AS version, 'LOST' AS state`);
    const spoiled = workspaceId;
    workspaceId = await world.harness.newWorkspace();
    expect(await reconcile()).toMatchObject({ objects: 0, differing: 0 });
    workspaceId = spoiled;
    expect(await reconcile()).toMatchObject({ objects: 2, differing: 1, repaired: 1 });
  });
});
