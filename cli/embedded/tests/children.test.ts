import { getPriority } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { GIVING_WAY, spawnChild } from '../children.ts';
import { isAlive, until } from '../processes.ts';
import { echoChild, temporaryDataDir } from './fixtures/support.ts';
import type { Child, ChildSpec } from '../children.ts';

let data: ReturnType<typeof temporaryDataDir>;
let child: Child | null;

beforeEach(() => {
  data = temporaryDataDir();
  child = null;
});

afterEach(async () => {
  await child?.stop();
  await data.remove();
});

const spec = (over: Partial<ChildSpec> = {}): ChildSpec => ({
  name: 'echo',
  module: echoChild,
  env: (last) => ({ SANDBOX_PORT: String(last?.['port'] ?? 0) }),
  logFile: path.join(data.dir, 'logs', 'echo.log'),
  ...over,
});

it('is started again after kill -9, with what it announced before, and says so', async () => {
  const notices: string[] = [];
  child = await spawnChild(spec({ onNotice: (notice) => notices.push(notice) }));
  const { port } = child.ready as { port: number };
  process.kill(child.pid, 'SIGKILL');

  expect(await until(() => notices.length === 2, 10_000)).toBe(true);
  expect(notices).toEqual(['echo ended unasked (SIGKILL); starting it again', 'echo runs again']);
  expect(child.ready).toEqual({ port });
  expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(200);
});

it('gives way to others when it is told to, and again after kill -9', async () => {
  const own = getPriority();
  child = await spawnChild(spec({ givesWay: true }));
  const { pid } = child;
  expect(getPriority(pid)).toBe(Math.min(own + GIVING_WAY, 19));
  process.kill(pid, 'SIGKILL');
  expect(await until(() => child?.pid !== pid && child !== null && isAlive(child.pid), 10_000)).toBe(true);
  expect(getPriority(child.pid)).toBe(Math.min(own + GIVING_WAY, 19));
});

it('is started before all that it is to know is known, and told it then, and again after kill -9', async () => {
  const notices: string[] = [];
  let tell: (env: Record<string, string>) => void = () => undefined;
  const later = new Promise<Record<string, string>>((resolve) => (tell = resolve));
  const starting = spawnChild(spec({ later, onNotice: (notice) => notices.push(notice) }));
  setTimeout(() => tell({ DATABASE_URL: 'postgres://later' }), 200);
  child = await starting;
  const page = async (): Promise<string> => (await fetch(`http://127.0.0.1:${String(child?.ready['port'])}`)).text();

  expect(await page()).toBe('postgres://later');
  process.kill(child.pid, 'SIGKILL');
  expect(await until(() => notices.length === 2, 10_000)).toBe(true);
  expect(await page()).toBe('postgres://later');
});

it('ends with what its environment waited for, when that fails', async () => {
  const later = Promise.reject(new Error('PostgreSQL did not start'));
  await expect(spawnChild(spec({ later }))).rejects.toThrow('PostgreSQL did not start');
});

it('ends when it is stopped, and stays ended', async () => {
  child = await spawnChild(spec());
  const { pid } = child;
  await child.stop();

  expect(isAlive(pid)).toBe(false);
  expect(child.restarts).toBe(0);
});

it('that ends before it is ready is started again, and says so', async () => {
  const notices: string[] = [];
  const crashes = [{ ECHO_CRASH: '1' }, { ECHO_CRASH: '1' }];
  child = await spawnChild(spec({ env: () => crashes.pop() ?? {}, onNotice: (notice) => notices.push(notice) }));

  expect(notices).toEqual([
    expect.stringMatching(/exit code 7.*Trying again/),
    expect.stringMatching(/exit code 7.*Trying again/),
  ]);
  expect(child.restarts).toBe(0);
});

it('that ends before it is ready each time fails the start, with the code and the log to look at', async () => {
  await expect(spawnChild(spec({ env: () => ({ ECHO_CRASH: '1' }) }))).rejects.toThrow(/exit code 7.*echo\.log/);
});

it('that never gets ready fails the start after its time', async () => {
  const mute = spec({ env: () => ({ ECHO_MUTE: '1' }), readyTimeoutMs: 700 });
  await expect(spawnChild(mute)).rejects.toThrow(/not ready after 0.7 s/);
});
