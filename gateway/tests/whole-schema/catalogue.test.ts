import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '#subgraphs/shared/testing/databases.ts';

const APP = 'oppulence_app';
const SYSTEM = 'oppulence_system';

/** Tables without a workspace, and why each may be. */
const WITHOUT_WORKSPACE: Readonly<Record<string, string>> = {
  'public._prisma_migrations': 'which migrations have run; of the installation',
  'analytics.ship_cursor': 'how far the one stream of all workspaces has been copied; no data of anybody',
  'kernel.unrouted_delivery': 'webhooks that belong to no workspace as far as anybody knows; the system’s alone',
  'kernel.worker': 'which processes live; of the installation',
};

/** Unique over all workspaces, and why each may be: whoever collides with a row of another workspace would learn of it. */
const UNIQUE_OVER_ALL: Readonly<Record<string, string>> = {
  'kernel.stream stream_position_key': 'the one order of all events; the dispatcher alone gives positions',
};

/** What the system role may do, and for which of its jobs. A right that is not here is a hole in the wall between workspaces. */
const SYSTEM_RIGHTS: Readonly<Record<string, string>> = {
  'accounts.connection': 'SELECT', // the workspace behind a webhook endpoint
  // The workspace behind the state that a browser brings back from Stripe's page.
  'accounts.oauth_attempt': 'SELECT (actor_id, actor_type, id, return_url, state_hash, workspace_id)',
  'accounts.webhook_secret': 'SELECT, UPDATE (last_matched_at)', // which secret a delivery was signed with, before its workspace is known
  'analytics.reconciliation': 'SELECT (kind, started_at, workspace_id)', // the sweeper: which workspace was compared how long ago
  'analytics.ship_cursor': 'INSERT, SELECT, UPDATE', // the shipper's place
  'billing.sync_schedule': 'SELECT', // the sweeper: which connections are to be caught up with or compared
  'kernel.captured_mail': 'INSERT, SELECT', // the mail sink and its outbox page
  'kernel.consumption': 'DELETE, INSERT, SELECT', // the dispatcher hands events to consumers; the sweeper finds what is due; retention
  'kernel.effect': 'SELECT', // the sweeper
  'kernel.event': 'SELECT', // the dispatcher and the shipper
  'kernel.event_outbox': 'DELETE, SELECT', // the dispatcher numbers what is committed
  'kernel.idempotency_key': 'DELETE, SELECT (expires_at, key, workspace_id)', // retention: those that have expired, never their answers
  'kernel.inbox_event': 'SELECT', // the sweeper
  'kernel.inbox_key': 'DELETE, SELECT', // retention: which deliveries need not be known any more
  'kernel.job': 'SELECT', // the sweeper
  'kernel.provider_health': 'DELETE, INSERT, SELECT, UPDATE', // each process tells how its calls to providers fare
  'kernel.stream': 'DELETE, INSERT, SELECT', // the dispatcher; retention takes out the numbers of events that are gone
  'kernel.stream_head': 'INSERT, SELECT, UPDATE', // the dispatcher
  'kernel.timer': 'DELETE, SELECT', // the sweeper; retention: those that are over
  'kernel.unrouted_delivery': 'DELETE, INSERT, SELECT, UPDATE (deliveries)', // the door; routed by an operator; retention
  'kernel.worker': 'DELETE, INSERT, SELECT, UPDATE', // each worker tells that it lives
  'kernel.workspace_clock': 'SELECT', // the sweeper: what is due by business time
  'platform.api_key': 'SELECT', // the workspace behind a key
  'platform.workspace': 'SELECT', // LIVE or TEST, the time zone
  'recovery.magic_link': 'SELECT (id, token_sha256, workspace_id)', // the workspace behind a magic link
  'recovery.recovery_case': 'SELECT (closed_at, currency, opened_at, state, workspace_id)', // the recovery rate of the metrics
};

/** Functions that run with their owner's rights, and why each may: none of them shows a row of anybody. */
const WITH_OWNERS_RIGHTS: Readonly<Record<string, string>> = {
  'kernel.make_partitions(timestamp with time zone)': 'makes empty tables',
  'kernel.retire_partition(text,timestamp with time zone,text[])': 'drops what is older than is kept, a week at least',
};

/** What the app role may not do on its own tables: history is not edited, and the dispatcher alone numbers events. */
const APP_MAY_NOT: Readonly<Record<string, string>> = {
  'kernel.audit_event': 'DELETE, UPDATE',
  'kernel.event': 'DELETE, UPDATE',
  'kernel.event_outbox': 'DELETE, UPDATE',
  'kernel.provider_health': 'DELETE, INSERT, UPDATE',
  'kernel.stream': 'DELETE, INSERT, UPDATE',
  'kernel.stream_head': 'DELETE, INSERT, UPDATE',
};

interface Table {
  readonly name: string;
  readonly tenant: boolean;
  readonly secured: boolean;
  readonly forced: boolean;
  /** Part of another table, through which alone it is reached. */
  readonly partition: boolean;
}
interface Policy {
  readonly table: string;
  readonly role: string;
  readonly command: string;
  readonly using: string | null;
  readonly check: string | null;
}

let database: TestDatabase;
let admin: pg.Client;
let tables: Table[];
let policies: Policy[];

const rows = async <Row extends object>(sql: string, params: unknown[] = []): Promise<Row[]> =>
  (await admin.query<Row>(sql, params)).rows;

beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Client(database.adminUrl);
  await admin.connect();
  tables = await rows<Table>(
    `SELECT n.nspname || '.' || c.relname AS name, c.relrowsecurity AS secured, c.relforcerowsecurity AS forced, c.relispartition AS partition,
       EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped) AS tenant
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1`,
  );
  policies = await rows<Policy>(
    `SELECT schemaname || '.' || tablename AS table, unnest(roles)::text AS role, cmd AS command, qual AS using, with_check AS check
     FROM pg_policies ORDER BY 1, 2`,
  );
}, 30_000);
afterAll(async () => {
  await admin.end();
  await database.drop();
});

const tenantTables = (): string[] =>
  tables.filter(({ tenant, partition }) => tenant && !partition).map(({ name }) => name);

describe('a table', () => {
  it('has a workspace, unless it is one of a few that hold no data of any', () => {
    expect(tables.length).toBeGreaterThan(25);
    expect(tables.filter(({ tenant }) => !tenant).map(({ name }) => name)).toEqual(
      Object.keys(WITHOUT_WORKSPACE).sort(),
    );
  });

  it('of workspaces has row-level security, forced on its owner too', () => {
    const open = tables.filter(({ tenant, secured, forced }) => tenant && !(secured && forced));
    expect(open.map(({ name }) => name)).toEqual([]);
  });

  it('of workspaces shows the app role the rows of the current workspace, and takes no others from it', () => {
    const current = "(workspace_id = ( SELECT current_setting('app.workspace_id'::text, true) AS current_setting))";
    const wanted = tenantTables().map((table) => ({ table, command: 'ALL', using: current, check: current }));
    expect(
      policies
        .filter(({ role }) => role === APP)
        .map(({ table, command, using, check }) => ({ table, command, using, check })),
    ).toEqual(wanted);
  });

  it('that is part of another has no policy and no right of its own: directly, nobody but its owner reaches it', async () => {
    const parts = new Set(tables.filter(({ partition }) => partition).map(({ name }) => name));
    expect(parts.size).toBeGreaterThanOrEqual(8);
    expect(policies.filter(({ table }) => parts.has(table))).toEqual([]);
    const held = [...Object.keys(await rightsOf(APP)), ...Object.keys(await rightsOf(SYSTEM))];
    expect(held.filter((name) => parts.has(name))).toEqual([]);
  });

  it('of workspaces has no policy for anybody but the two roles', () => {
    expect(policies.filter(({ role }) => role !== APP && role !== SYSTEM)).toEqual([]);
    expect([...new Set(policies.filter(({ role }) => role === SYSTEM).map(({ table }) => table))]).toEqual(
      Object.keys(SYSTEM_RIGHTS).filter((table) => WITHOUT_WORKSPACE[table] === undefined),
    );
  });

  it("of workspaces never holds '' as its workspace, which is what the setting is after a rollback", async () => {
    const checked = await rows<{ name: string }>(
      `SELECT conrelid::regclass::text AS name FROM pg_constraint
       WHERE contype = 'c' AND convalidated AND pg_get_constraintdef(oid) LIKE 'CHECK ((workspace_id <> ''''::text))'`,
    );
    const guarded = new Set(checked.map(({ name }) => name));
    expect(tenantTables().filter((name) => !guarded.has(name))).toEqual([]);
  });

  it('of workspaces requires its workspace', async () => {
    const nullable = await rows(
      `SELECT attrelid::regclass FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       WHERE attname = 'workspace_id' AND NOT attnotnull AND c.relkind IN ('r', 'p')`,
    );
    expect(nullable).toEqual([]);
  });

  it('of workspaces is unique within a workspace only: every unique index starts with it', async () => {
    const indexes = await rows<{ table: string; index: string; first: string }>(
      `SELECT n.nspname || '.' || t.relname AS table, c.relname AS index, coalesce(a.attname, '(expression)') AS first
       FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
       JOIN pg_namespace n ON n.oid = t.relnamespace
       LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
       WHERE i.indisunique ORDER BY 2`,
    );
    const tenant = new Set(tables.filter((table) => table.tenant).map(({ name }) => name));
    const own = indexes.filter(({ table }) => tenant.has(table));
    expect(new Set(own.map(({ table }) => table))).toEqual(tenant);
    expect(own.filter(({ first }) => first !== 'workspace_id').map(({ table, index }) => `${table} ${index}`)).toEqual(
      Object.keys(UNIQUE_OVER_ALL),
    );
  });

  it('refers to other tables by keys that start with the workspace', async () => {
    const foreign = await rows<{ definition: string }>(
      `SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE contype = 'f'`,
    );
    expect(
      foreign
        .map(({ definition }) => definition)
        .filter((text) => !/FOREIGN KEY \(workspace_id, .*REFERENCES \S+\(workspace_id, /.test(text)),
    ).toEqual([]);
  });

  it('of one domain is not tied to a table of another', async () => {
    const across = await rows(
      `SELECT conname FROM pg_constraint k JOIN pg_class a ON a.oid = k.conrelid JOIN pg_class b ON b.oid = k.confrelid
       WHERE contype = 'f' AND a.relnamespace <> b.relnamespace`,
    );
    expect(across).toEqual([]);
  });
});

describe('the roles', () => {
  it('cannot switch row-level security off, own nothing and are members of nothing', async () => {
    const found = await rows(
      `SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
         (SELECT count(*)::int FROM pg_class c WHERE c.relowner = r.oid) AS owns,
         (SELECT count(*)::int FROM pg_auth_members m WHERE m.member = r.oid) AS member_of
       FROM pg_roles r WHERE rolname IN ($1, $2) ORDER BY 1`,
      [APP, SYSTEM],
    );
    const plain = {
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      owns: 0,
      member_of: 0,
    };
    expect(found).toEqual([
      { rolname: APP, ...plain },
      { rolname: SYSTEM, ...plain },
    ]);
  });

  it('pass no wall by a function or a view that runs with its owner’s rights', async () => {
    const definers = await rows<{ name: string; settings: string[] | null }>(
      `SELECT oid::regprocedure::text AS name, proconfig AS settings FROM pg_proc WHERE prosecdef AND pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`,
    );
    const views = await rows(
      `SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('v', 'm') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`,
    );
    expect(views).toEqual([]);
    expect(definers.map(({ name }) => name).sort()).toEqual(Object.keys(WITH_OWNERS_RIGHTS));
    // What such a function calls, it must find where its owner put it.
    expect(definers.filter(({ settings }) => !settings?.includes('search_path=pg_catalog, pg_temp'))).toEqual([]);
  });

  it('of the system holds exactly the rights that its jobs need', async () => {
    expect(await rightsOf(SYSTEM)).toEqual(SYSTEM_RIGHTS);
  });

  it('of the app reads and writes every table of workspaces, and no other, but does not edit history', async () => {
    const all = ['DELETE', 'INSERT', 'SELECT', 'UPDATE'];
    const wanted = tenantTables().map((table) => {
      const not = APP_MAY_NOT[table]?.split(', ') ?? [];
      return [table, all.filter((right) => !not.includes(right)).join(', ')];
    });
    // A workspace's mode never changes: of its clock, only the hands can be moved.
    const clock = { 'kernel.workspace_clock': 'INSERT, SELECT, UPDATE (moved_at, test_now)' };
    expect(await rightsOf(APP)).toEqual({ ...Object.fromEntries(wanted), ...clock });
  });

  it('of the public holds nothing', async () => {
    expect(await rightsOf('public')).toEqual({});
  });
});

/** Rights on tables, with the columns where they are fewer than the table's. */
async function rightsOf(role: string): Promise<Record<string, string>> {
  const whole = await rows<{ name: string; rights: string }>(
    `SELECT n.nspname || '.' || c.relname AS name, string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type) AS rights
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(c.relacl) g
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
       AND coalesce(g.grantee::regrole::text, '-') = CASE $1 WHEN 'public' THEN '-' ELSE $1 END
     GROUP BY 1 ORDER BY 1`,
    [role],
  );
  const columns = await rows<{ name: string; rights: string }>(
    `SELECT n.nspname || '.' || c.relname AS name, g.privilege_type || ' (' || string_agg(a.attname, ', ' ORDER BY a.attname) || ')' AS rights
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL aclexplode(a.attacl) g
     WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND coalesce(g.grantee::regrole::text, '-') = CASE $1 WHEN 'public' THEN '-' ELSE $1 END
     GROUP BY 1, g.privilege_type ORDER BY 1`,
    [role],
  );
  const rights: Record<string, string> = {};
  for (const { name, rights: held } of [...whole, ...columns])
    rights[name] = name in rights ? `${rights[name] ?? ''}, ${held}` : held;
  return rights;
}
