import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { until } from '#cli/embedded/processes.ts';
import { endedProcess, runTypeScript } from '#cli/embedded/tests/fixtures/support.ts';
import { createEmptyDatabase } from '#subgraphs/shared/testing/databases.ts';
import { migrate } from '../migrate.ts';

let dir: string;
let database: Awaited<ReturnType<typeof createEmptyDatabase>>;

beforeEach(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'oppulence-migrations-'));
  database = await createEmptyDatabase();
});

afterEach(async () => {
  await database.drop();
  rmSync(dir, { recursive: true, force: true });
});

function migration(name: string, sql: string): void {
  mkdirSync(path.join(dir, name), { recursive: true });
  writeFileSync(path.join(dir, name, 'migration.sql'), sql);
}

async function ask<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const history = (): Promise<object[]> =>
  ask(`SELECT migration_name AS name, finished_at IS NOT NULL AS finished, rolled_back_at IS NOT NULL AS rolled_back
       FROM _prisma_migrations ORDER BY started_at`);

it('applies what is missing, in order, and then nothing', async () => {
  migration('1_table', 'CREATE TABLE t (n int);');
  migration('2_row', 'INSERT INTO t VALUES (1);');
  expect(await migrate(database.url, dir)).toEqual({ applied: ['1_table', '2_row'] });

  migration('3_row', 'INSERT INTO t VALUES (2);');
  expect(await migrate(database.url, dir)).toEqual({ applied: ['3_row'] });
  expect(await migrate(database.url, dir)).toEqual({ applied: [] });
  expect(await ask('SELECT n FROM t ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
});

it('runs function bodies with semicolons, and leaves no connection and no lock behind', async () => {
  migration(
    '1_function',
    'CREATE FUNCTION two() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 2; END; $$;',
  );
  await migrate(database.url, dir);

  expect(await ask('SELECT two()')).toEqual([{ two: 2 }]);
  expect(
    await ask(
      "SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    ),
  ).toEqual([]);
});

it('lets many who migrate at once take turns, and applies each migration once', async () => {
  migration('1_table', 'CREATE TABLE t (n int); SELECT pg_sleep(0.3);');
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url, dir)));

  expect(outcomes.flatMap(({ applied }) => applied)).toEqual(['1_table']);
});

it('keeps nothing of a migration that fails, says why, and applies it once it is corrected', async () => {
  migration('1_broken', 'CREATE TABLE t (n int); INSERT INTO nowhere VALUES (1);');
  await expect(migrate(database.url, dir)).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining('1_broken: relation "nowhere" does not exist'),
  });
  expect(await ask("SELECT to_regclass('t') AS t")).toEqual([{ t: null }]);

  migration('1_broken', 'CREATE TABLE t (n int);');
  expect(await migrate(database.url, dir)).toEqual({ applied: ['1_broken'] });
  expect(await history()).toEqual([
    { name: '1_broken', finished: false, rolled_back: true },
    { name: '1_broken', finished: true, rolled_back: false },
  ]);
});

it('is taken up by the next run when it was killed in the middle, which waits for what the server still does', async () => {
  migration('1_table', 'CREATE TABLE t (n int);');
  migration('2_slow', 'INSERT INTO t VALUES (1); SELECT pg_sleep(1); INSERT INTO t VALUES (2);');
  const first = runTypeScript(path.join(import.meta.dirname, 'fixtures', 'run-migrate.ts'), [database.url, dir]);
  const busy =
    "SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid() AND state = 'active'";
  expect(await until(async () => (await ask(busy)).length > 0, 10_000)).toBe(true);
  first.kill('SIGKILL');
  await endedProcess(first);

  await migrate(database.url, dir);
  expect(await ask('SELECT n FROM t ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
  expect((await history()).filter((row) => (row as { finished: boolean }).finished)).toHaveLength(2);
});

it('starts over what was killed together with the server', async () => {
  migration('1_table', 'CREATE TABLE t (n int);');
  await migrate(database.url, dir);
  // What is left when the connection breaks after the engine's note and before the script's commit.
  await ask(`INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('left', 'x', '2_row')`);
  migration('2_row', 'INSERT INTO t VALUES (1);');

  expect(await migrate(database.url, dir)).toEqual({ applied: ['2_row'] });
  expect(await ask('SELECT n FROM t')).toEqual([{ n: 1 }]);
});

it('builds an index without blocking writers, in a migration of its own', async () => {
  migration('1_table', 'CREATE TABLE t (n int);');
  migration('2_index', 'CREATE INDEX CONCURRENTLY IF NOT EXISTS t_n ON t (n);');

  expect(await migrate(database.url, dir)).toEqual({ applied: ['1_table', '2_index'] });
  expect(await ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 't_n'::regclass")).toEqual([
    { indisvalid: true },
  ]);
});
