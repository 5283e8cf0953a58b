import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import {
  contentsOf,
  fillPreviousRelease,
  type Filled,
  migrateToPreviousRelease,
} from '#bench/upgrade/previous-release.ts';
import { offlineBilling } from '#subgraphs/billing/tests/factories.ts';
import { numberBatch } from '#subgraphs/shared/events/dispatcher.ts';
import { cursorOf } from '#subgraphs/shared/events/cursor.ts';
import { createInboxWriter } from '#subgraphs/shared/inbox/store.ts';
import { silentLogger } from '#subgraphs/shared/logging/logger.ts';
import { createEmptyDatabase, type TestDatabase } from '#subgraphs/shared/testing/databases.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { migrate } from '../migrate.ts';

// From the release before this one, on a database whose owner is nobody special: what most hosts of PostgreSQL give.

const SIZES = { objects: 3_000, pending: 1_000 };
const OWNER = `upgrade_owner_${String(process.pid)}`;
const now = new Date();

let harness: Harness;
let filled: Filled;
let before: Record<string, string>;
let after: Record<string, string>;

beforeAll(async () => {
  const empty = await createEmptyDatabase();
  const { url } = empty;
  const as = (user: string): string => Object.assign(new URL(url), { username: user }).toString();
  const admin = new pg.Client(url);
  await admin.connect();
  await admin.query(`CREATE ROLE ${OWNER} LOGIN; ALTER DATABASE ${new URL(url).pathname.slice(1)} OWNER TO ${OWNER}`);
  await migrateToPreviousRelease(as(OWNER));
  filled = await fillPreviousRelease(admin, SIZES, now);
  before = await contentsOf(admin);
  await migrate(as(OWNER));
  after = await contentsOf(admin);
  await admin.end();
  const database: TestDatabase = {
    adminUrl: url,
    appUrl: as('oppulence_app'),
    systemUrl: as('oppulence_system'),
    drop: async () => {
      await empty.drop();
      const server = new pg.Client(Object.assign(new URL(url), { pathname: '/postgres' }).toString());
      await server.connect();
      await server.query(`DROP ROLE ${OWNER}`);
      await server.end();
    },
  };
  harness = await createHarness({ database, now });
}, 60_000);
afterAll(async () => {
  await harness.close();
});

const one = async (sql: string): Promise<unknown> => {
  const { rows } = await harness.admin.query<{ one: unknown }>(sql);
  return rows[0]?.one;
};

it('keeps every table and every row as it was', () => {
  const kept = Object.keys(before).filter((table) => after[table] === before[table]);
  expect(kept).toEqual(Object.keys(before));
  expect(before['kernel.inbox_event']).toMatch(/^2000 /);
});

it('knows every delivery as before, with its repeats', async () => {
  expect(await one('SELECT count(*)::int AS one FROM kernel.inbox_key')).toBe(2 * SIZES.pending);
  const repeats = Array.from({ length: 2 * SIZES.pending }, (_, n) => 1 + (n % 3)).reduce((sum, n) => sum + n, 0);
  expect(await one('SELECT sum(deliveries)::int AS one FROM kernel.inbox_key')).toBe(repeats);

  const again = await createInboxWriter(harness.contextDeps).store(filled.workspaceId, {
    provider: 'STRIPE',
    endpointId: 'whe_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    connectionId: 'conn_00000000000000000001',
    providerEventId: 'evt_5',
    eventType: 'customer.updated',
    eventCreatedAt: now,
    account: 'acct_upgraded',
    livemode: false,
    apiVersion: '2024-06-20',
    objectId: null,
    secretId: null,
    signedAt: now,
    body: Buffer.from('{}'),
    state: 'RECEIVED',
  });
  expect(again.first).toBe(false);
  expect(again.inboxEventId).toBe(
    await one(`SELECT id AS one FROM kernel.inbox_event WHERE provider_event_id = 'evt_5'`),
  );
});

it('takes a cursor of before to what followed it, and numbers what waited after that', async () => {
  await numberBatch(harness.system.pool, {
    ...harness,
    consumers: [],
    wake: () => Promise.resolve(),
    log: silentLogger,
  });
  const follower = harness.events.follow(filled.workspaceId, {
    types: ['test.thing.happened'],
    after: cursorOf(filled.workspaceId, 300n),
  });
  const followed: unknown[] = [];
  for await (const { event } of follower) if (followed.push(event.payload) === filled.events - 299) break;
  expect(followed).toEqual(Array.from({ length: filled.events - 299 }, (_, index) => ({ n: 301 + index })));
});

it('applies what waited, to the end', async () => {
  harness.wall.advance({ minutes: 10 });
  const { admin } = harness;
  await admin.query("UPDATE kernel.consumption SET state = 'DONE'");
  await harness.pump([offlineBilling()]);
  expect(
    await one(
      `SELECT jsonb_object_agg(state, n) AS one FROM (SELECT state, count(*) AS n FROM kernel.inbox_event GROUP BY 1) s`,
    ),
  ).toEqual({
    APPLIED: 2 * SIZES.pending - 20,
    IGNORED: 20,
  });
  const updated = Array.from({ length: SIZES.pending }, (_, index) => SIZES.pending + index).filter(
    (n) => n % 50 !== 8,
  );
  expect(await one(`SELECT count(*)::int AS one FROM stripe.customer WHERE name = 'as it is now'`)).toBe(
    updated.length,
  );
  expect(await one('SELECT count(*)::int AS one FROM stripe.customer')).toBe(
    SIZES.objects + updated.filter((n) => n % 10 === 9).length,
  );
}, 30_000);

it('leaves an owner who can make months and drop them', async () => {
  const made = `SELECT count(*)::int AS one FROM kernel.make_partitions(now() + interval '200 days')`;
  expect((await harness.system.query<{ one: number }>(made))[0]?.one).toBeGreaterThan(4);
  // The first partition holds everything of before: it is as old as its last day.
  await harness.admin.query(
    `UPDATE kernel.inbox_event SET state = 'DEAD' WHERE provider_event_id = 'evt_3';
     ALTER TABLE kernel.inbox_event DETACH PARTITION kernel.${String(await one(`SELECT name AS one FROM kernel.partitions() WHERE log = 'inbox_event' AND lower_id IS NULL AND upper_id IS NOT NULL`))}`,
  );
  const first = String(
    await one(`SELECT relname AS one FROM pg_class WHERE relname LIKE 'inbox_event_until_%' AND relkind = 'r'`),
  );
  const bound = `kernel.first_id('inb', now() - interval '30 days')`;
  await harness.admin.query(
    `DO $$ BEGIN
       DELETE FROM kernel.${first} WHERE id >= ${bound};
       EXECUTE format('ALTER TABLE kernel.inbox_event ATTACH PARTITION kernel.${first} FOR VALUES FROM (MINVALUE) TO (%L)', ${bound});
     END $$`,
  );
  const dropped = `SELECT kernel.retire_partition('inbox_event', now() - interval '20 days', '{}') AS one`;
  expect((await harness.system.query<{ one: string }>(dropped))[0]?.one).toBe(first);
  expect(await one(`SELECT array_agg(provider_event_id) AS one FROM kernel.inbox_event`)).toEqual(['evt_3']);
});
