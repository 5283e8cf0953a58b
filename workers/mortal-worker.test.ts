import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { systemIds } from '#subgraphs/shared/ids/ids.ts';
import { migrateQueue } from '#subgraphs/shared/queue/wake-queue.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '#subgraphs/shared/testing/databases.ts';

const LEASE_MS = 1_000;
const MODULE = fileURLToPath(new URL('testing/mortal-worker.ts', import.meta.url));

let database: TestDatabase;
let queue: Awaited<ReturnType<typeof createEmptyDatabase>>;
let admin: pg.Pool;
const children: ChildProcess[] = [];
beforeAll(async () => {
  [database, queue] = [await createTestDatabase(), await createEmptyDatabase()];
  await migrateQueue({ queueDatabaseUrl: queue.url, namespace: 'mortal' });
  admin = new pg.Pool({ connectionString: database.adminUrl, max: 2 });
  admin.on('error', () => undefined);
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await admin.end();
  await database.drop();
  await queue.drop();
});

const start = (): ChildProcess => {
  const at = [database.appUrl, database.systemUrl, queue.url, String(LEASE_MS)];
  const child = spawn(process.execPath, ['--import', 'tsx', MODULE, ...at], { stdio: 'ignore' });
  children.push(child);
  return child;
};

/** One more worker, until it ends. @returns what ended it */
async function killed(): Promise<unknown> {
  const [, signal] = (await once(start(), 'exit')) as [number | null, string | null];
  return signal;
}

interface Timer {
  readonly key: string;
  readonly state: string;
  readonly interruptions: number;
  readonly last_error: string | null;
}

async function timer(key: string): Promise<Timer | undefined> {
  const { rows } = await admin.query<Timer>(
    'SELECT key, state, interruptions, last_error FROM kernel.timer WHERE key = $1',
    [key],
  );
  return rows[0];
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await holds()); waited += 50) {
    if (waited > 60_000) throw new Error(`Waited in vain: ${what}`);
    await pause(50);
  }
}

const workersKnown = async (): Promise<number> => (await admin.query('SELECT FROM kernel.worker')).rowCount ?? 0;

it('work that kills its process each time is given up by those that are started after it', async () => {
  const workspaceId = systemIds.next('ws');
  await admin.query(`INSERT INTO kernel.workspace_clock (workspace_id, mode) VALUES ($1, 'LIVE')`, [workspaceId]);
  await admin.query(
    `INSERT INTO kernel.timer (workspace_id, id, kind, key, subject_id, payload, due_at, state)
     SELECT $1, 'tmr_' || key, 'test.timer', key, key, '{}', now() - age, 'PENDING'
     FROM (VALUES ('poison', interval '2 minutes'), ('harmless', interval '1 minute')) AS t(key, age)`,
    [workspaceId],
  );
  // Nobody has died yet: of the first nothing is left but that it said it lived.
  expect(await killed()).toBe('SIGKILL');
  expect(await timer('poison')).toMatchObject({ state: 'PENDING', interruptions: 0 });
  expect(await timer('harmless')).toMatchObject({ state: 'PENDING' });
  expect(await workersKnown()).toBe(1);

  await pause(LEASE_MS);
  expect(await killed()).toBe('SIGKILL');
  expect(await timer('poison')).toMatchObject({ state: 'PENDING', interruptions: 1 });

  // As if that had happened nineteen times more.
  await admin.query(`UPDATE kernel.timer SET interruptions = 20 WHERE key = 'poison'`);
  expect(await killed()).toBe('SIGKILL');
  expect(await timer('poison')).toMatchObject({ state: 'PENDING', interruptions: 21 });
  await admin.query(`UPDATE kernel.timer SET next_attempt_at = NULL WHERE key = 'poison'`);

  const survivor = start();
  await until('given up', async () => (await timer('poison'))?.state === 'DEAD');
  await until('the other one', async () => (await timer('harmless'))?.state === 'FIRED');
  expect((await timer('poison'))?.last_error).toMatch(/broken off 21 times/);

  const before = await workersKnown();
  const ended = once(survivor, 'exit');
  survivor.kill('SIGTERM');
  await ended;
  expect(await workersKnown()).toBe(before - 1);
}, 120_000);
