import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type Engine, startPgBouncer } from '#cli/testing/engines.ts';
import { connectDatabase, type Database } from '#subgraphs/shared/db/prisma.ts';
import { scopedReads } from '#subgraphs/shared/db/scoped-reads.ts';
import { connectSystem, type SystemDb } from '#subgraphs/shared/db/system.ts';
import { inWorkspace } from '#subgraphs/shared/db/workspace-scope.ts';
import { createTestDatabase, type TestDatabase } from '#subgraphs/shared/testing/databases.ts';

const WORKSPACES = Array.from({ length: 12 }, (_, at) => `ws_${String(at).padStart(20, '0')}`);

let clone: TestDatabase;
let bouncer: Engine;
let database: Database;
let system: SystemDb;
beforeAll(async () => {
  clone = await createTestDatabase();
  bouncer = await startPgBouncer(clone.appUrl);
  const through = (url: string): string => Object.assign(new URL(url), { port: new URL(bouncer.url).port }).href;
  // More connections here than PgBouncer has to PostgreSQL, so that its sessions change hands all the time.
  database = connectDatabase({ databaseUrl: through(clone.appUrl), max: 40, preparedStatements: false });
  system = connectSystem({
    systemDatabaseUrl: through(clone.systemUrl),
    directUrl: clone.systemUrl,
    preparedStatements: false,
  });
  const admin = new pg.Client(clone.adminUrl);
  await admin.connect();
  for (const id of WORKSPACES)
    await admin.query(`INSERT INTO kernel.workspace_clock (workspace_id, mode) VALUES ($1, 'TEST')`, [id]);
  await admin.end();
}, 60_000);
afterAll(async () => {
  await database.close();
  await system.close();
  await bouncer.stop();
  await clone.drop();
});

const visible = async (): Promise<string[]> =>
  (await database.prisma.workspaceClock.findMany({ select: { workspaceId: true } })).map((row) => row.workspaceId);

describe('behind PgBouncer in transaction mode', () => {
  it('every statement and every transaction sees its own workspace and no other, however the sessions are shared', async () => {
    const asked = Array.from({ length: 400 }, (_, at) => WORKSPACES[at % WORKSPACES.length] ?? '');
    const seen = await Promise.all(
      asked.map((id, at) =>
        inWorkspace(id, async () => {
          if (at % 3 === 0)
            return database.prisma.$transaction(async (tx) => {
              const [first] = await tx.workspaceClock.findMany();
              await tx.$executeRaw`SELECT pg_sleep(0.005)`;
              const rest = await tx.$queryRaw<
                { workspace_id: string }[]
              >`SELECT workspace_id FROM kernel.workspace_clock WHERE mode = ${'TEST'}`;
              return [first?.workspaceId, ...rest.map((row) => row.workspace_id)];
            });
          return visible();
        }),
      ),
    );
    expect(seen.map((ids) => [...new Set(ids)])).toEqual(asked.map((id) => [id]));
  });

  it('a statement that fails takes nothing along, and without a workspace nothing is seen', async () => {
    await Promise.allSettled(
      WORKSPACES.map((id) => inWorkspace(id, async () => await database.prisma.$queryRaw`SELECT 1/0`)),
    );
    expect(await Promise.all(Array.from({ length: 60 }, visible))).toEqual(Array.from({ length: 60 }, () => []));
  });

  it('the same statement with other values, again and again, meets no statement of another session', async () => {
    // Named prepared statements would be missing in a session that did not prepare them.
    for (let round = 0; round < 5; round += 1)
      await Promise.all(
        WORKSPACES.map((id) =>
          (async () => {
            const clock = await scopedReads(database, id).workspaceClock.findUnique({ where: { workspaceId: id } });
            expect(clock?.workspaceId).toBe(id);
          })(),
        ),
      );
    expect(await system.query('SELECT count(*) AS n FROM kernel.workspace_clock')).toEqual([{ n: '12' }]);
  });

  it('what needs a session has one of its own, straight at PostgreSQL', async () => {
    const [one, two] = [await system.dedicated(), await system.dedicated()];
    const lock = async (client: pg.Client): Promise<unknown> =>
      (await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock(7) AS held')).rows[0]?.held;
    expect([await lock(one), await lock(two)]).toEqual([true, false]);
    await one.end();
    expect(await lock(two)).toBe(true);
    await two.end();
  });
});
