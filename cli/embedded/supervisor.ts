import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { startChdb } from './chdb.ts';
import { spawnChild } from './children.ts';
import { CLICKHOUSE_DATABASE, environment, sandboxUrl } from './environment.ts';
import { keepPort, keptPort } from './kept-port.ts';
import { lockDataFolder } from './lock.ts';
import { claimPort } from './port.ts';
import { startPostgres } from './postgres.ts';
import { removeRunFile, writeRunFile } from './run-file.ts';
import type { Chdb } from './chdb.ts';
import type { Child, ChildSpec } from './children.ts';
import type { Postgres } from './postgres.ts';
import type { RunInfo } from './run-file.ts';

export interface EmbeddedOptions {
  readonly dataDir: string;
  /** The gateway's port; 0 lets the system choose. */
  readonly port: number;
  readonly host?: string;
  /** How browsers reach the gateway; http://localhost:<port> unless given. */
  readonly publicUrl?: string;
  /** Files of the child processes. `sandbox` may be left out when the real provider is used. */
  readonly modules: { readonly web: string; readonly worker: string; readonly sandbox?: string };
  /** On top of what the children are given here; `STRIPE_API_BASE` for the real provider, for example. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * What is left to be done before web and worker do anything; ClickHouse's own migrations, for example. Called as soon as everything has been asked to
   * start, so that it can load what it needs meanwhile; the environment is known once the engines run and PostgreSQL is migrated.
   */
  readonly prepare?: (environment: Promise<Readonly<Record<string, string>>>) => Promise<void>;
  /** A line for whoever waits: `PostgreSQL started (0.4 s)`. */
  readonly onProgress?: (line: string) => void;
  /** Something ended unasked and was started again, in words. Also in logs/supervisor.log. */
  readonly onNotice?: (notice: string) => void;
}

export interface Embedded {
  readonly info: RunInfo;
  /** The environment that web and worker run with. */
  readonly env: Readonly<Record<string, string>>;
  readonly children: { readonly web: Child; readonly worker: Child; readonly sandbox: Child | null };
  /** Ends everything, in the order that lets each drain into those it needs. */
  stop(): Promise<void>;
}

/**
 * Starts the whole product on one data folder: PostgreSQL and ClickHouse together, then the sandbox while PostgreSQL is migrated, then what is left to be
 * migrated, then web and worker, which have loaded their modules by then. Whatever ends unasked is started again; what a killed predecessor left is adopted
 * or has ended with its pipe.
 * @throws DataFolderInUseError, DataFolderUnusableError, PortTakenError, ChdbMissingError, MigrationError, each with a message that says what to do.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const lock = await lockDataFolder(options.dataDir);
  const undo: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
    removeRunFile(options.dataDir);
    lock.release();
  };
  try {
    return { ...(await startAll(options, lock.takenOver, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Undo = (() => Promise<void>)[];

async function startAll(options: EmbeddedOptions, takenOver: boolean, undo: Undo): Promise<Omit<Embedded, 'stop'>> {
  const logDir = path.join(options.dataDir, 'logs');
  mkdirSync(logDir, { recursive: true, mode: 0o700 });
  let describe: (() => RunInfo) | null = null;
  const onNotice = (notice: string): void => {
    appendFileSync(path.join(logDir, 'supervisor.log'), `${new Date().toISOString()} ${notice}\n`);
    if (describe !== null) writeRunFile(describe()); // The process that was started again has another number.
    options.onNotice?.(notice);
  };
  const patienceMs = takenOver ? 9_000 : 0; // The children of a killed predecessor are given eight seconds to drain.
  const port = await claimPort(options.port, options.host ?? '127.0.0.1', patienceMs);
  const start = child(logDir, onNotice, undo);

  const database = startDatabase(options, onNotice, undo);
  const engines = allSettledOrThrow([
    database,
    startClickHouse(options, logDir, onNotice, undo),
    database.then((postgres) => startSandbox(options, postgres, start, patienceMs)),
    migrated(options, database),
  ]);
  const known = engines.then(([postgres, chdb, sandbox]) => environment(options, port, postgres, chdb, sandbox));
  const preparing = options.prepare?.(known) ?? Promise.resolve();
  const prepared = known.then((env) =>
    timed(options, 'ClickHouse and queue migrated', () => preparing.then(() => env)),
  );
  // They load their modules while the engines start.
  const later = { env: () => options.env ?? {}, later: prepared };
  const [web, worker, env, [postgres, chdb, sandbox]] = await allSettledOrThrow([
    timed(options, 'Gateway and subgraphs started', () => start('web', options.modules.web, later)),
    // A webhook is kept before others are applied: these then come in fuller batches, and take less altogether.
    timed(options, 'Worker started', () => start('worker', options.modules.worker, { ...later, givesWay: true })),
    prepared,
    engines,
    preparing,
  ]);
  const children = { web, worker, sandbox };
  const startedAt = new Date().toISOString();
  describe = (): RunInfo => ({ ...runInfo(options, port, env, postgres, chdb, children), startedAt });
  const info = describe();
  writeRunFile(info);
  return { info, env, children };
}

async function startDatabase(
  options: EmbeddedOptions,
  onNotice: (notice: string) => void,
  undo: Undo,
): Promise<Postgres> {
  return timed(options, 'PostgreSQL started', async () => {
    const postgres = await startPostgres({ dataDir: options.dataDir, onNotice });
    undo.unshift(() => postgres.stop());
    return postgres;
  });
}

async function migrated(options: EmbeddedOptions, database: Promise<Postgres>): Promise<void> {
  const [{ migrate }, { adminUrl }] = await Promise.all([import('#prisma/migrate.ts'), database]);
  await timed(options, 'PostgreSQL migrated', () => migrate(adminUrl));
}

async function startClickHouse(
  options: EmbeddedOptions,
  logDir: string,
  onNotice: (notice: string) => void,
  undo: Undo,
): Promise<Chdb> {
  return timed(options, 'ClickHouse started', async () => {
    const chdb = await startChdb({
      dataDir: path.join(options.dataDir, 'clickhouse'),
      logFile: path.join(logDir, 'chdb.log'),
      onNotice,
    });
    undo.push(() => chdb.stop());
    return chdb;
  });
}

type StartChild = (name: string, module: string, how: Pick<ChildSpec, 'env' | 'later' | 'givesWay'>) => Promise<Child>;

function child(logDir: string, onNotice: (notice: string) => void, undo: Undo): StartChild {
  return async (name, module, how) => {
    const logFile = path.join(logDir, `${name}.log`);
    const started = await spawnChild({ name, module, ...how, logFile, onNotice });
    undo.push(() => started.stop());
    return started;
  };
}

async function startSandbox(
  options: EmbeddedOptions,
  postgres: Postgres,
  start: StartChild,
  patienceMs: number,
): Promise<Child | null> {
  const { sandbox } = options.modules;
  if (sandbox === undefined) return null;
  return timed(options, 'Provider sandbox started', async () => {
    const file = path.join(options.dataDir, 'sandbox.port');
    const kept = await keptPort(file, patienceMs);
    const env: ChildSpec['env'] = (last) => ({
      SANDBOX_DATABASE_URL: postgres.sandboxUrl,
      SANDBOX_PORT: String(last?.['port'] ?? kept),
    });
    const child = await start('sandbox', sandbox, { env });
    keepPort(file, Number(child.ready['port'] ?? 0));
    return child;
  });
}

function runInfo(
  options: EmbeddedOptions,
  port: number,
  env: Readonly<Record<string, string>>,
  postgres: Postgres,
  chdb: Chdb,
  children: Embedded['children'],
): Omit<RunInfo, 'startedAt'> {
  const url = env['PUBLIC_URL'] ?? '';
  const { adminUrl, appUrl, systemUrl, queueUrl } = postgres;
  const shown = Object.entries(children).flatMap(([name, entry]: [string, Child | null]) =>
    entry === null ? [] : [[name, { pid: entry.pid, ready: entry.ready }] as const],
  );
  return {
    url,
    graphqlUrl: `${url}/graphql`,
    subscriptionsUrl: `${url.replace(/^http/, 'ws')}/graphql`,
    port,
    dataDir: path.resolve(options.dataDir),
    pid: process.pid,
    postgres: { adminUrl, appUrl, systemUrl, queueUrl, port: postgres.port, pid: postgres.pid },
    clickhouse: { url: chdb.url, database: CLICKHOUSE_DATABASE, pid: chdb.pid },
    sandbox:
      children.sandbox === null
        ? null
        : { url: sandboxUrl(children.sandbox), databaseUrl: postgres.sandboxUrl, pid: children.sandbox.pid },
    children: Object.fromEntries(shown),
  };
}

async function timed<T>(options: EmbeddedOptions, what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  options.onProgress?.(`${what} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  return result;
}

/** Like Promise.all, but an error waits for the others, so that all that was started can be stopped. */
async function allSettledOrThrow<T extends readonly unknown[]>(work: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
