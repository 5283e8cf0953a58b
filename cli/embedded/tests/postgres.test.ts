import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { startPostgres } from '../postgres.ts';
import { isAlive, until } from '../processes.ts';
import { ask, temporaryDataDir } from './fixtures/support.ts';
import type { Postgres } from '../postgres.ts';

let data: ReturnType<typeof temporaryDataDir>;
let postgres: Postgres | null;

beforeEach(() => {
  data = temporaryDataDir();
  postgres = null;
});

afterEach(async () => {
  await postgres?.stop();
  await data.remove();
}, 30_000);

it('gives the queue and the sandbox databases that are closed to each other and to the product’s', async () => {
  postgres = await startPostgres({ dataDir: data.dir });
  await ask(postgres.queueUrl, 'CREATE SCHEMA queue_owns_its_database');
  const elsewhere = (url: string, database: string): string => url.replace(/\/\w+$/, `/${database}`);

  await expect(ask(elsewhere(postgres.queueUrl, 'oppulence'), 'SELECT 1')).rejects.toThrow(/permission denied/);
  await expect(ask(elsewhere(postgres.sandboxUrl, 'oppulence'), 'SELECT 1')).rejects.toThrow(/permission denied/);
  await expect(ask(elsewhere(postgres.appUrl, 'sandbox'), 'SELECT 1')).rejects.toThrow(/permission denied/);
}, 30_000);

it('runs the application’s roles without the right to pass row-level security', async () => {
  postgres = await startPostgres({ dataDir: data.dir });
  for (const url of [postgres.appUrl, postgres.systemUrl]) {
    const roles = await ask(
      url,
      'SELECT rolsuper OR rolbypassrls AS passes FROM pg_roles WHERE rolname = current_user',
    );
    expect(roles).toEqual([{ passes: false }]);
  }
}, 30_000);

it('writes to disk before it confirms a commit', async () => {
  postgres = await startPostgres({ dataDir: data.dir });
  const settings = await ask(
    postgres.adminUrl,
    "SELECT current_setting('fsync') f, current_setting('synchronous_commit') s",
  );
  expect(settings).toEqual([{ f: 'on', s: 'on' }]);
}, 30_000);

it('starts where the pid file of a dead server names a number that now belongs to another process', async () => {
  const first = await startPostgres({ dataDir: data.dir });
  const pidFile = path.join(data.dir, 'postgres', 'postmaster.pid');
  const left = readFileSync(pidFile, 'utf8');
  await first.stop();
  writeFileSync(pidFile, left.replace(/^\d+/, '1'), { mode: 0o600 });
  chmodSync(pidFile, 0o644);

  postgres = await startPostgres({ dataDir: data.dir });
  expect(postgres.adopted).toBe(false);
  expect(await ask(postgres.appUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
}, 30_000);

it('is started again on its port with every committed row after kill -9', async () => {
  postgres = await startPostgres({ dataDir: data.dir });
  const { pid, adminUrl } = postgres;
  await ask(adminUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
  process.kill(pid, 'SIGKILL');

  const server = postgres;
  expect(await until(() => server.pid !== pid && isAlive(server.pid), 20_000)).toBe(true);
  expect(await ask(adminUrl, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
}, 40_000);
