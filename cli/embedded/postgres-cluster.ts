import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { commandOf, isAlive, until } from './processes.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { chooseUser } from './postgres-user.ts';
import type { RunAs } from './postgres-user.ts';

/** One PostgreSQL data folder and the server on it. */
export interface Cluster {
  readonly dir: string;
  readonly logFile: string;
  /** Settings of the server, as `name=value`. */
  readonly settings: readonly string[];
}

/** Long enough to replay what a crash left in the write-ahead log. */
const START_LIMIT_MS = 60_000;

export const SUPERUSER = 'postgres';

export interface RunningServer {
  readonly pid: number;
  readonly port: number;
}

/**
 * Makes the data folder, once. It is made under another name and renamed when complete, so that a kill in the middle leaves
 * nothing that looks like a cluster.
 */
export async function initCluster(
  cluster: Cluster,
  options: { password: string | null; sync: boolean },
): Promise<void> {
  if (existsSync(path.join(cluster.dir, 'PG_VERSION'))) return;
  const fresh = `${cluster.dir}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const { initdb, folder } = postgresBinaries();
  const runAs = chooseUser(fresh, [path.dirname(cluster.dir), folder]);
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  if (runAs.identity !== null) chownSync(fresh, runAs.identity.uid, runAs.identity.gid);
  // Always the same name: one that a kill left behind is written over, and removed by the start that gets through.
  const passwordFile = `${fresh}.password`;
  const auth = options.password === null ? ['--auth=trust'] : ['--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  try {
    if (options.password !== null) writeOwned(passwordFile, `${options.password}\n`, runAs);
    await run(cluster, runAs, initdb, [
      `--pgdata=${fresh}`,
      `--username=${SUPERUSER}`,
      ...auth,
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(options.sync ? [] : ['--no-sync']),
    ]);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(fresh, cluster.dir);
}

function writeOwned(file: string, text: string, { identity }: RunAs): void {
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  if (identity !== null) chownSync(file, identity.uid, identity.gid);
}

/** Starts the server and returns once it takes connections. It outlives this process until `stopServer`. */
export async function startServer(cluster: Cluster, port: number): Promise<RunningServer> {
  const { postgres, folder } = postgresBinaries();
  const runAs = chooseUser(cluster.dir, [cluster.dir, folder]);
  const settings = [
    `port=${String(port)}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    ...cluster.settings,
  ];
  const { command, args } = runAs.wrap(postgres, [
    '-D',
    cluster.dir,
    ...settings.flatMap((setting) => ['-c', setting]),
  ]);
  const log = openSync(cluster.logFile, 'a', 0o600);
  const logStart = fstatSync(log).size;
  // A process group of its own: Ctrl-C must not reach the server before those that still write to it.
  const child = spawn(command, args, {
    ...(command === postgres ? (runAs.identity ?? {}) : {}),
    stdio: ['ignore', log, log],
    detached: true,
    env: serverEnv(),
  });
  closeSync(log);
  const ended: { reason?: string } = {};
  child.once('error', (error) => (ended.reason = error.message));
  child.once('exit', (code, signal) => (ended.reason = `it ended with ${signal ?? `code ${code ?? '?'}`}`));
  child.unref();
  const ready = (): boolean => statusOf(cluster)?.state === 'ready' && statusOf(cluster)?.pid === child.pid;
  await until(() => ended.reason !== undefined || ready(), START_LIMIT_MS);
  if (ended.reason !== undefined || child.pid === undefined || !ready()) {
    throw new ServerStartError(ended.reason ?? 'it took too long', cluster, logStart);
  }
  return { pid: child.pid, port };
}

function serverEnv(): NodeJS.ProcessEnv {
  // Settings for PostgreSQL's client library, or a locale, must not reach the server.
  return { PATH: process.env['PATH'], TZ: 'UTC', LC_ALL: 'C' };
}

export class ServerStartError extends Error {
  constructor(reason: string, { logFile }: Cluster, logStart: number) {
    const said = readFileSync(logFile).subarray(logStart).toString('utf8').trimEnd().split('\n').slice(-8).join('\n');
    super(`PostgreSQL did not start: ${reason}. It wrote to ${logFile}:\n${said}`);
    this.name = 'ServerStartError';
  }
}

interface ServerStatus {
  readonly pid: number;
  readonly port: number;
  readonly dir: string;
  readonly state: string;
}

/** What postmaster.pid says; null when there is none, or when it is being written. */
function statusOf(cluster: Cluster): ServerStatus | null {
  try {
    const lines = readFileSync(path.join(cluster.dir, 'postmaster.pid'), 'utf8')
      .split('\n')
      .map((line) => line.trim());
    return { pid: Number(lines[0]), dir: lines[1] ?? '', port: Number(lines[3]), state: lines[7] ?? '' };
  } catch {
    return null;
  }
}

/**
 * Finds a server that still runs on this data folder, after whoever started it was killed. Waits while it starts or stops.
 * What a dead server left behind is cleared away.
 */
export async function survivingServer(cluster: Cluster): Promise<RunningServer | null> {
  await until(() => liveServer(cluster) === null || statusOf(cluster)?.state === 'ready', START_LIMIT_MS);
  const server = liveServer(cluster);
  if (server === null && statusOf(cluster) !== null) disown(cluster);
  return server;
}

/** The server that runs on the data folder at this moment, going by its pid file, its command and its folder. */
export function liveServer(cluster: Cluster): RunningServer | null {
  const status = statusOf(cluster);
  if (status === null || !isAlive(status.pid) || !commandOf(status.pid).includes('postgres')) return null;
  return isSame(status.dir, cluster.dir) ? { pid: status.pid, port: status.port } : null;
}

function isSame(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

/**
 * The number in a stale postmaster.pid may by now belong to any other process, and the server would refuse to start because
 * of it. The server takes its parent's number for stale, so that is what it finds there. The file itself stays: from its
 * other lines the server sees whether processes of its dead predecessor still use the shared memory.
 */
function disown(cluster: Cluster): void {
  const file = path.join(cluster.dir, 'postmaster.pid');
  const [, ...rest] = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, [String(process.pid), ...rest].join('\n'));
  chmodSync(file, 0o600);
}

/** Ends open connections and writes a checkpoint ("fast"); a server that does not manage that in time is told to just end. */
export async function stopServer({ pid }: RunningServer, mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
  const gone = (): boolean => !isAlive(pid);
  signal(pid, mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
  if (await until(gone, 15_000)) return;
  signal(pid, 'SIGQUIT');
  if (await until(gone, 5_000)) return;
  signal(pid, 'SIGKILL');
  await until(gone, 5_000);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}

async function run(cluster: Cluster, runAs: RunAs, program: string, args: readonly string[]): Promise<void> {
  const wrapped = runAs.wrap(program, args);
  const child = spawn(wrapped.command, wrapped.args, {
    ...(wrapped.command === program ? (runAs.identity ?? {}) : {}),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: serverEnv(),
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`PostgreSQL's data folder ${cluster.dir} could not be made:\n${output.trim()}`);
}
