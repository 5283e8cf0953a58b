import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { startPostgres } from '#cli/embedded/postgres.ts';
import { PrismaClient } from '#prisma/generated/client/client.ts';
import { migrate } from '#prisma/migrate.ts';
import { connectDatabase } from '#subgraphs/shared/db/prisma.ts';
import { WorkspacePool } from '#subgraphs/shared/db/workspace-pool.ts';
import { inWorkspace } from '#subgraphs/shared/db/workspace-scope.ts';
import { systemIds } from '#subgraphs/shared/ids/ids.ts';
import { machine } from './support/machine.ts';
import { figure, median, medianInterval, table } from './support/numbers.ts';
import { onCoreMsOfChildren } from './support/proc.ts';
import { Cleanup } from './support/scratch.ts';

/*
 * What row-level security costs a list: 50 rows of a workspace, 16 reads at once, in alternating rounds, on two paths: Prisma, which lists go
 * through, and a statement on the pool. "ours" is the app's role on the WorkspacePool; "floor" is the same read by the superuser, whom no policy
 * binds, on a plain pool. Each round is a pair of readings side by side in time, and a verdict is given when the interval in which the median
 * of their ratios lies is on one side of the goal. Processor time, of this process and of the backends, tells more than reads a second where other
 * work runs beside it.
 */

/** Many and short: other work on the machine then meets both alike. */
const ROUNDS = 60;
const ROUND_MS = 250;
const AT_ONCE = 16;
const CONNECTIONS = 10;
const WORKSPACES = 20;
const ROWS = 500;
const GOAL = 0.85;

type Read = (workspaceId: string) => Promise<unknown[]>;
interface Contest {
  readonly ours: Read;
  readonly floor: Read;
}

const cleanup = new Cleanup();
try {
  const postgres = await startPostgres({ dataDir: cleanup.folder('bench-reads') });
  cleanup.add(() => postgres.stop());
  await migrate(postgres.adminUrl);
  const workspaces = Array.from({ length: WORKSPACES }, () => systemIds.next('ws'));
  await seed(postgres.adminUrl, workspaces);

  const contests = { Prisma: throughPrisma(postgres), pool: onThePool(postgres) };
  const rows = [];
  for (const [name, contest] of Object.entries(contests))
    rows.push(...(await compared(name, contest, { workspaces, server: postgres.pid })));
  console.log(
    `\n${table(['path', 'floor', 'ours', 'median ratio (95 %)', `goal ${figure(GOAL)}`], rows)}\n\n${machine(await version(postgres.adminUrl))}`,
  );
} finally {
  await cleanup.run();
}

interface Ground {
  readonly workspaces: readonly string[];
  /** PostgreSQL's first process; its backends are the children. */
  readonly server: number;
}

interface Reading {
  readonly perS: number;
  readonly cpuMs: number;
}

async function compared(name: string, contest: Contest, ground: Ground): Promise<string[][]> {
  for (const read of [contest.floor, contest.ours]) await reading(read, ground, 1_000);
  const pairs: { floor: Reading; ours: Reading }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // Who comes second finds a warmer machine: they take turns.
    const first = await reading(round % 2 === 0 ? contest.floor : contest.ours, ground, ROUND_MS);
    const second = await reading(round % 2 === 0 ? contest.ours : contest.floor, ground, ROUND_MS);
    pairs.push(round % 2 === 0 ? { floor: first, ours: second } : { floor: second, ours: first });
  }
  const row = (
    what: string,
    of: (reading: Reading) => number,
    ratio: (pair: (typeof pairs)[number]) => number,
  ): string[] => {
    const ratios = pairs.map(ratio);
    const [low, high] = medianInterval(ratios);
    const verdict = low >= GOAL ? 'met' : high < GOAL ? 'missed' : 'open';
    const middle = (side: 'floor' | 'ours'): string => figure(median(pairs.map((pair) => of(pair[side]))));
    return [
      `${name}, ${what}`,
      middle('floor'),
      middle('ours'),
      `${figure(median(ratios))} (${figure(low)} to ${figure(high)})`,
      verdict,
    ];
  };
  return [
    row(
      'processor ms a read',
      ({ cpuMs }) => cpuMs,
      ({ floor, ours }) => floor.cpuMs / ours.cpuMs,
    ),
    row(
      'reads a second',
      ({ perS }) => perS,
      ({ floor, ours }) => ours.perS / floor.perS,
    ),
  ];
}

/** As repositories read: the client finds the columns, and the pool opens the workspace around the statement. */
function throughPrisma({ appUrl, adminUrl }: { readonly appUrl: string; readonly adminUrl: string }): Contest {
  const app = connectDatabase({ databaseUrl: appUrl, max: CONNECTIONS, preparedStatements: false });
  const plain = new PrismaClient({ adapter: new PrismaPg(plainPool(adminUrl)) });
  cleanup.add(() => app.close());
  cleanup.add(() => plain.$disconnect());
  const read = (client: PrismaClient, workspaceId: string): Promise<unknown[]> =>
    client.auditEvent.findMany({ where: { workspaceId }, orderBy: { id: 'desc' }, take: 50 });
  return {
    ours: (workspaceId) => inWorkspace(workspaceId, async () => await read(app.prisma, workspaceId)),
    floor: (workspaceId) => read(plain, workspaceId),
  };
}

function onThePool({ appUrl, adminUrl }: { readonly appUrl: string; readonly adminUrl: string }): Contest {
  const app = new WorkspacePool({ connectionString: appUrl, max: CONNECTIONS });
  const plain = plainPool(adminUrl);
  cleanup.add(() => app.end());
  const sql = 'SELECT * FROM kernel.audit_event WHERE workspace_id = $1 ORDER BY id DESC LIMIT 50';
  return {
    ours: (workspaceId) => inWorkspace(workspaceId, async () => (await app.query<object>(sql, [workspaceId])).rows),
    floor: async (workspaceId) => (await plain.query<object>(sql, [workspaceId])).rows,
  };
}

function plainPool(adminUrl: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: adminUrl, max: CONNECTIONS });
  pool.on('error', () => undefined); // the server is stopped in the end
  cleanup.add(async () => {
    if (!pool.ended) await pool.end();
  });
  return pool;
}

async function version(adminUrl: string): Promise<string | undefined> {
  const client = new pg.Client(adminUrl);
  await client.connect();
  const { rows } = await client.query<{ version: string }>(`SELECT current_setting('server_version') AS version`);
  await client.end();
  return rows[0]?.version;
}

/** With AT_ONCE reads under way at any time. */
async function reading(read: Read, { workspaces, server }: Ground, forMs: number): Promise<Reading> {
  const cpuMs = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000 + onCoreMsOfChildren(server);
  };
  const [startedAt, cpuBefore] = [performance.now(), cpuMs()];
  let done = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, lane) => {
      for (let turn = lane; performance.now() - startedAt < forMs; turn += 1) {
        const rows = await read(workspaces[turn % workspaces.length] ?? '');
        if (rows.length !== 50) throw new Error(`Expected 50 rows, read ${String(rows.length)}`);
        done += 1;
      }
    }),
  );
  return { perS: (done * 1_000) / (performance.now() - startedAt), cpuMs: (cpuMs() - cpuBefore) / done };
}

async function seed(adminUrl: string, workspaces: readonly string[]): Promise<void> {
  const client = new pg.Client(adminUrl);
  await client.connect();
  await client.query(
    `INSERT INTO kernel.audit_event (workspace_id, id, action, outcome, actor_type, actor_id, input, request_id, occurred_at)
     SELECT w, 'aud_' || lpad(n::text, 20, '0'), 'createApiKey', 'DONE', 'API_KEY', 'key', '{"input": {"name": "bench"}}', 'req', now()
     FROM unnest($1::text[]) AS w, generate_series(1, $2) AS n`,
    [[...workspaces], ROWS],
  );
  await client.query('ANALYZE');
  await client.end();
}
