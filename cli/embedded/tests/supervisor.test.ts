import { statSync } from 'node:fs';
import { getPriority } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readRunFile } from '../run-file.ts';
import { answers, ask, ended, endedProcess, supervise, temporaryDataDir } from './fixtures/support.ts';
import type { RunInfo } from '../run-file.ts';
import type { SupervisorProcess } from './fixtures/support.ts';

let data: ReturnType<typeof temporaryDataDir>;
let running: SupervisorProcess[];

beforeEach(() => {
  data = temporaryDataDir();
  running = [];
});

afterEach(async () => {
  for (const { process: supervisor } of running) {
    supervisor.kill('SIGTERM');
    await endedProcess(supervisor);
  }
  await data.remove();
}, 60_000);

async function start(): Promise<SupervisorProcess> {
  const supervisor = await supervise(data.dir);
  running.push(supervisor);
  return supervisor;
}

function childPids(info: RunInfo): number[] {
  return [...Object.values(info.children).map(({ pid }) => pid), info.clickhouse.pid];
}

describe('a supervisor', () => {
  it('that was killed leaves no child behind, and the next one adopts its PostgreSQL with all data', async () => {
    const first = (await start()).info!;
    await ask(first.postgres.adminUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
    process.kill(first.pid, 'SIGKILL');

    expect(await ended([first.pid, ...childPids(first)])).toBe(true);
    expect(readRunFile(data.dir)).toBeNull();

    const second = (await start()).info!;
    expect(second.postgres).toMatchObject({ pid: first.postgres.pid, port: first.postgres.port });
    expect(await ask(second.postgres.adminUrl, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  }, 60_000);

  it('heals after kill -9 of every process it started, each on its old port, and shows the new ones', async () => {
    const before = (await start()).info!;
    const { web, worker } = before.children;
    expect(getPriority(worker!.pid)).toBeGreaterThan(getPriority(web!.pid)); // The larger the number, the more it gives way.
    const pids = [...childPids(before), before.postgres.pid];
    for (const pid of pids) process.kill(pid, 'SIGKILL');

    expect(await ended(pids)).toBe(true);
    expect(await answers(() => ask(before.postgres.appUrl, 'SELECT 1'))).toBe(true);
    expect(await answers(() => fetch(`${before.clickhouse.url}/?query=SELECT%201`, { method: 'POST' }))).toBe(true);
    expect(await answers(() => fetch(before.sandbox!.url))).toBe(true);
    expect(
      await answers(() => {
        const now = readRunFile(data.dir)!;
        const known = [...childPids(now), now.postgres.pid];
        return known.some((pid) => pids.includes(pid)) ? Promise.reject(new Error('an old number')) : Promise.resolve();
      }),
    ).toBe(true);
  }, 60_000);

  it('refuses a data folder in use, and names the process and the URL that uses it', async () => {
    const { info } = await start();
    const { refusal, process: second } = await supervise(data.dir);

    expect(refusal).toContain(`process ${info!.pid}`);
    expect(refusal).toContain(info!.url);
    expect(refusal).toContain('OPPULENCE_DATA_DIR');
    expect(await endedProcess(second)).toBe(1);
  }, 60_000);

  it('stops everything when asked, keeps the data, and lets nobody else read its secrets', async () => {
    const { info, process: supervisor } = await start();
    for (const name of ['run.json', 'secrets.json', 'master.key', 'operator.token']) {
      expect(statSync(path.join(data.dir, name)).mode & 0o777).toBe(0o600);
    }
    await ask(info!.postgres.adminUrl, 'CREATE TABLE kept AS SELECT 42 AS answer');
    supervisor.kill('SIGTERM');

    expect(await endedProcess(supervisor)).toBe(0);
    expect(await ended([...childPids(info!), info!.postgres.pid], 0)).toBe(true);
    const again = (await start()).info!;
    expect(await ask(again.postgres.adminUrl, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    // Pages of the sandbox that were open lead somewhere again.
    expect(again.sandbox?.url).toBe(info!.sandbox!.url);
  }, 60_000);
});
