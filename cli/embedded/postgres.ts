import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { APP_ROLE, SYSTEM_ROLE } from '#prisma/roles.ts';
import { readOrCreate } from './guarded-files.ts';
import { initCluster, startServer, stopServer, survivingServer, SUPERUSER } from './postgres-cluster.ts';
import { freePort, isAlive } from './processes.ts';
import type { Cluster, RunningServer } from './postgres-cluster.ts';

const SETTINGS = [
  'cluster_name=oppulence',
  'max_connections=200',
  'wal_level=minimal',
  'max_wal_senders=0',
  'timezone=UTC',
  'log_timezone=UTC',
  'log_min_duration_statement=2000',
];

const WATCH_MS = 250;
const LONGEST_BACKOFF_MS = 5_000;

export interface Postgres {
  /** Superuser of the database `oppulence`: migrations, and looking at everything. */
  readonly adminUrl: string;
  readonly appUrl: string;
  readonly systemUrl: string;
  /** Databases of their own, each with a role that can see nothing else. */
  readonly queueUrl: string;
  readonly sandboxUrl: string;
  readonly port: number;
  readonly pid: number;
  /** True when a server that survived its supervisor was taken over. */
  readonly adopted: boolean;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Holds `postgres/` (the cluster), `secrets.json` and `logs/postgres.log`. */
  readonly dataDir: string;
  /** The server ended unasked, and its restarts, in words. */
  readonly onNotice?: (notice: string) => void;
}

/**
 * Starts PostgreSQL on its data folder, made on the first start, or takes over the server that still runs there. From then
 * on it is watched: should it end unasked, kill -9 included, it is started again on the same port.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const logDir = path.join(options.dataDir, 'logs');
  mkdirSync(logDir, { recursive: true, mode: 0o700 });
  const cluster: Cluster = {
    dir: path.join(options.dataDir, 'postgres'),
    logFile: path.join(logDir, 'postgres.log'),
    settings: SETTINGS,
  };
  const loading = import('./postgres-databases.ts'); // while the server starts
  const secrets = readSecrets(path.join(options.dataDir, 'secrets.json'));
  await initCluster(cluster, { password: secrets.admin, sync: true });
  const survivor = await survivingServer(cluster);
  const server = survivor ?? (await startAnywhere(cluster));
  const url = (user: string, password: string, database: string): string =>
    `postgresql://${user}:${password}@127.0.0.1:${server.port}/${database}`;
  try {
    const { prepareDatabases } = await loading;
    await prepareDatabases(url(SUPERUSER, secrets.admin, 'postgres'), secrets);
  } catch (error) {
    await stopServer(server);
    throw error;
  }
  const watched = watch(cluster, server, options.onNotice ?? ((): void => undefined));
  return {
    adminUrl: url(SUPERUSER, secrets.admin, 'oppulence'),
    appUrl: url(APP_ROLE, secrets.app, 'oppulence'),
    systemUrl: url(SYSTEM_ROLE, secrets.system, 'oppulence'),
    queueUrl: url('queue', secrets.queue, 'queue'),
    sandboxUrl: url('sandbox', secrets.sandbox, 'sandbox'),
    port: server.port,
    get pid(): number {
      return watched.pid();
    },
    adopted: survivor !== null,
    stop: () => watched.stop(),
  };
}

export interface Secrets {
  readonly admin: string;
  readonly app: string;
  readonly system: string;
  readonly queue: string;
  readonly sandbox: string;
}

function readSecrets(file: string): Secrets {
  const password = (): string => randomBytes(24).toString('hex');
  const fresh = { admin: password(), app: password(), system: password(), queue: password(), sandbox: password() };
  const text = readOrCreate(file, () => `${JSON.stringify(fresh, null, 2)}\n`);
  chmodSync(file, 0o600);
  return JSON.parse(text) as Secrets;
}

/**
 * Another process may take the free port before the server does, and after a kill -9 the server's own processes need a moment
 * to notice that it is gone: until then they hold the shared memory of the data folder.
 */
async function startAnywhere(cluster: Cluster, patienceMs = 20_000): Promise<RunningServer> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await startServer(cluster, await freePort());
    } catch (error) {
      const passing = error instanceof Error && /could not bind|still in use|already exists/.test(error.message);
      if (!passing || Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

interface Watched {
  pid(): number;
  stop(): Promise<void>;
}

function watch(cluster: Cluster, first: RunningServer, onNotice: (notice: string) => void): Watched {
  let server = first;
  let stopped = false;
  let backoffMs = WATCH_MS;
  let pending = Promise.resolve();
  const restart = async (): Promise<void> => {
    onNotice('PostgreSQL ended unasked; starting it again');
    try {
      // Its processes end by themselves once they see that it is gone; until then the new server refuses to start.
      server = (await survivingServer(cluster)) ?? (await startServer(cluster, server.port));
      backoffMs = WATCH_MS;
      onNotice('PostgreSQL runs again');
    } catch (error) {
      backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
      onNotice(error instanceof Error ? error.message : String(error));
    }
  };
  const look = (): void => {
    timer = setTimeout(() => {
      pending = (isAlive(server.pid) ? Promise.resolve() : restart()).then(() => {
        if (!stopped) look();
      });
    }, backoffMs);
  };
  let timer: NodeJS.Timeout;
  look();
  return {
    pid: () => server.pid,
    stop: async (): Promise<void> => {
      stopped = true;
      clearTimeout(timer);
      await pending;
      await stopServer(server);
    },
  };
}
