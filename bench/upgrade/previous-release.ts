import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type pg from 'pg';
import { migrate } from '#prisma/migrate.ts';
import { migrationsDir } from '#prisma/paths.ts';
import { createIdSource, mirrorId } from '#subgraphs/shared/ids/ids.ts';
import { manualClock } from '#subgraphs/shared/time/clock.ts';

/*
 * A database as the release before this one left it: its migrations, and rows in its form, written by SQL of that time. What is here is not
 * brought up to date with the schema: it is history. After a release, the next "previous release" gets a file of its own.
 */

/** The last migration of that release. */
const LAST_MIGRATION = '20261126032615_sync_runs';

export const ACCOUNT = 'acct_upgraded';
const CONNECTION = 'conn_00000000000000000001';
const ENDPOINT = 'whe_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const DAY_MS = 86_400_000;

export interface Sizes {
  /** Mirrored customers. */
  readonly objects: number;
  /** Deliveries that are kept and not applied. As many were applied before. */
  readonly pending: number;
}

export interface Filled {
  readonly workspaceId: string;
  /** How many events are numbered. */
  readonly events: number;
}

export async function migrateToPreviousRelease(ownerUrl: string): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), 'oppulence-previous-'));
  try {
    const names = (await readdir(migrationsDir)).filter((name) => /^\d/.test(name) && name <= LAST_MIGRATION);
    for (const name of names) await cp(path.join(migrationsDir, name), path.join(dir, name), { recursive: true });
    await migrate(ownerUrl, dir);
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** A customer in the shape of 2024-06-20. */
const customer = (n: number, name: string): object => ({
  id: `cus_${String(n)}`,
  object: 'customer',
  address: null,
  balance: 0,
  created: 1_760_000_000 + n,
  currency: 'eur',
  delinquent: false,
  email: `${String(n)}@example.com`,
  invoice_settings: { default_payment_method: null },
  livemode: false,
  metadata: {},
  name,
  preferred_locales: [],
});

const stripeEvent = (n: number, type: string, created: number, object: object, previous?: object): string =>
  JSON.stringify({
    id: `evt_${String(n)}`,
    object: 'event',
    api_version: '2024-06-20',
    created,
    data: { object, ...(previous === undefined ? {} : { previous_attributes: previous }) },
    livemode: false,
    type,
  });

/** Fills a database of the previous release, over months that end at `now`. `admin` passes row-level security. */
export async function fillPreviousRelease(
  admin: Pick<pg.Client, 'query'>,
  { objects, pending }: Sizes,
  now: Date,
): Promise<Filled> {
  const workspaceId = createIdSource(manualClock(now)).next('ws');
  await admin.query(`INSERT INTO kernel.workspace_clock (workspace_id, mode) VALUES ($1, 'TEST')`, [workspaceId]);
  await fillCustomers(admin, workspaceId, objects, now);
  await fillInbox(admin, workspaceId, { objects, pending }, now);
  return { workspaceId, events: await fillLog(admin, workspaceId, now) };
}

async function fillCustomers(
  admin: Pick<pg.Client, 'query'>,
  workspaceId: string,
  objects: number,
  now: Date,
): Promise<void> {
  for (const part of parts(objects)) {
    const rows = part.map((n) => ({
      id: mirrorId('cus', workspaceId, ACCOUNT, `cus_${String(n)}`),
      stripe_id: `cus_${String(n)}`,
      created: 1_760_000_000 + n,
      raw: customer(n, 'as it was'),
    }));
    await admin.query(
      `INSERT INTO stripe.customer (workspace_id, id, account, stripe_id, livemode, connection_id, name, email, currency, balance_minor, delinquent,
         stripe_created_at, version_created, version_rank, version_event_id, raw, first_seen_at, synced_at)
       SELECT $1, id, $2, stripe_id, false, $3, raw->>'name', raw->>'email', 'EUR', 0, false, to_timestamp(created), created, 0, 'evt_before', raw, $4, $4
       FROM jsonb_to_recordset($5::jsonb) AS r(id text, stripe_id text, created bigint, raw jsonb)`,
      [workspaceId, ACCOUNT, CONNECTION, now, JSON.stringify(rows)],
    );
  }
}

/** Half of it applied, over 200 days; half waiting: updates of known customers and news of others, some after failures, some that nobody knows. */
async function fillInbox(
  admin: Pick<pg.Client, 'query'>,
  workspaceId: string,
  { objects, pending }: Sizes,
  now: Date,
): Promise<void> {
  for (const part of parts(2 * pending)) {
    const rows = part.map((n) => {
      const waits = n >= pending;
      const at = new Date(now.getTime() - (waits ? 60_000 : Math.round(((pending - n) / pending) * 200 * DAY_MS)));
      const isNew = n % 10 === 9;
      const about = isNew ? objects + n : n % objects;
      const type = n % 50 === 8 ? 'something.unheard_of' : isNew ? 'customer.created' : 'customer.updated';
      const content = n % 50 === 8 ? { id: 'x_1' } : customer(about, waits ? 'as it is now' : 'as it was');
      const created = waits ? 1_780_000_000 : 1_760_000_000 + (n % objects);
      return {
        id: createIdSource(manualClock(at)).next('inb'),
        event: `evt_${String(n)}`,
        type,
        created,
        body: stripeEvent(n, type, created, content, type === 'customer.updated' ? { name: 'as it was' } : undefined),
        state: waits ? (n % 7 === 0 ? 'FAILED' : 'RECEIVED') : 'APPLIED',
        attempts: waits ? (n % 7 === 0 ? 3 : 0) : 1,
        deliveries: 1 + (n % 3),
        at: at.toISOString(),
      };
    });
    await admin.query(
      `INSERT INTO kernel.inbox_event (workspace_id, id, provider, endpoint_id, connection_id, provider_event_id, event_type, event_created_at, account, livemode,
         api_version, secret_index, signed_at, body, state, attempts, deliveries, received_at)
       SELECT $1, id, 'STRIPE', $2, $3, event, type, to_timestamp(created), $4, false, '2024-06-20', 0, at, convert_to(body, 'UTF8'), state, attempts, deliveries, at
       FROM jsonb_to_recordset($5::jsonb)
         AS r(id text, event text, type text, created bigint, body text, state text, attempts int, deliveries int, at timestamptz)`,
      [workspaceId, ENDPOINT, CONNECTION, ACCOUNT, JSON.stringify(rows)],
    );
  }
}

const EVENTS = 500;

/** Numbered events, of which a consumer has seen the first half, and one that is not numbered yet. */
async function fillLog(admin: Pick<pg.Client, 'query'>, workspaceId: string, now: Date): Promise<number> {
  const rows = Array.from({ length: EVENTS + 1 }, (_, index) => {
    const at = new Date(now.getTime() - (EVENTS - index) * 60_000);
    return { id: createIdSource(manualClock(at)).next('evt'), n: index + 1, at: at.toISOString() };
  });
  await admin.query(
    `WITH r AS (SELECT * FROM jsonb_to_recordset($2::jsonb) AS r(id text, n int, at timestamptz)), e AS (
       INSERT INTO kernel.event (workspace_id, id, type, version, subject_type, subject_id, payload, actor_type, actor_id, occurred_at, recorded_at)
       SELECT $1, id, 'test.thing.happened', 1, 'Thing', 'thing_' || n, jsonb_build_object('n', n), 'SYSTEM', 'previous', at, at FROM r
     ), s AS (
       INSERT INTO kernel.stream (workspace_id, seq, position, event_id, numbered_at) SELECT $1, n, n, id, at FROM r WHERE n <= $3
     ), c AS (
       INSERT INTO kernel.consumption (workspace_id, consumer, seq, event_id, subject_id, state)
       SELECT $1, 'reader', n, id, 'thing_' || n, CASE WHEN n <= $3 / 2 THEN 'DONE' ELSE 'PENDING' END FROM r WHERE n <= $3
     ), h AS (INSERT INTO kernel.stream_head (workspace_id, seq) VALUES ($1, $3))
     INSERT INTO kernel.event_outbox (workspace_id, event_id) SELECT $1, id FROM r WHERE n > $3`,
    [workspaceId, JSON.stringify(rows), EVENTS],
  );
  return EVENTS;
}

function* parts(count: number): Generator<readonly number[]> {
  const size = 2_000;
  for (let start = 0; start < count; start += size)
    yield Array.from({ length: Math.min(size, count - start) }, (_, index) => start + index);
}

/** What every table holds, by name: how many rows, and of those that must not change a digest of what they say. */
export async function contentsOf(admin: Pick<pg.Client, 'query'>): Promise<Record<string, string>> {
  const { rows: tables } = await admin.query<{ name: string }>(
    `SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'public') ORDER BY 1`,
  );
  const contents: Record<string, string> = {};
  for (const { name } of tables) {
    const said = SAID[name] ?? `''`;
    const { rows } = await admin.query<{ contents: string }>(
      `SELECT count(*) || ' ' || coalesce(md5(string_agg(md5(${said}), '' ORDER BY md5(${said}))), '') AS contents FROM ${name} t`,
    );
    contents[name] = rows[0]?.contents ?? '';
  }
  return contents;
}

const SAID: Readonly<Record<string, string>> = {
  'kernel.inbox_event':
    "concat_ws('|', id, provider_event_id, event_type, account, state, attempts, received_at, encode(body, 'hex'))",
  'kernel.event': "concat_ws('|', id, type, subject_id, payload, occurred_at, recorded_at)",
  'kernel.stream': "concat_ws('|', seq, position, event_id)",
  'kernel.consumption': "concat_ws('|', consumer, seq, event_id, state)",
  'stripe.customer': "concat_ws('|', id, name, raw)",
};
