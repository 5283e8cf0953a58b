import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { startChdb } from '#cli/embedded/chdb.ts';
import { initCluster, liveServer, startServer, stopServer } from '#cli/embedded/postgres-cluster.ts';
import { freePort, identityOf } from '#cli/embedded/processes.ts';
import { fastFolder, makeTemporaryFolder } from './folders.ts';
import { migrate } from '#prisma/migrate.ts';
import { APP_ROLE, SYSTEM_ROLE } from '#prisma/roles.ts';
import type { Chdb } from '#cli/embedded/chdb.ts';
import type { Cluster } from '#cli/embedded/postgres-cluster.ts';

// Owns the engines of one test run: PostgreSQL with a migrated template database, and chDB. It is a process of its own that
// holds a pipe from the run: when the pipe closes, however the run ended, it stops the engines and removes their folder.

const PREFIX = 'oppulence-test-';

/** For tests only: nothing survives a crash of the machine, and nothing is waited for. */
const SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'autovacuum=off',
  'max_connections=300',
  'shared_buffers=64MB',
  'timezone=UTC',
  'log_timezone=UTC',
];

/** A guardian that was itself killed leaves its folder, and its PostgreSQL, behind. */
async function sweep(parent: string): Promise<void> {
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = path.join(parent, name);
    try {
      const [pid, identity] = readFileSync(path.join(folder, 'guardian'), 'utf8').split('\n');
      if (identityOf(Number(pid)) === identity) continue;
    } catch {
      continue; // Just being made, or of another user.
    }
    const server = liveServer(clusterIn(folder));
    if (server !== null) await stopServer(server, 'immediate');
    rmSync(folder, { recursive: true, force: true });
  }
}

function clusterIn(folder: string): Cluster {
  return { dir: path.join(folder, 'postgres'), logFile: path.join(folder, 'postgres.log'), settings: SETTINGS };
}

/** The URL without a database. */
async function startPostgres(folder: string): Promise<string> {
  const cluster = clusterIn(folder);
  await initCluster(cluster, { password: null, sync: false });
  const server = await startServer(cluster, await freePort());
  const url = `postgresql://postgres@127.0.0.1:${String(server.port)}`;
  const admin = new pg.Client(`${url}/postgres`);
  await admin.connect();
  await admin.query('CREATE DATABASE oppulence_template');
  await migrate(`${url}/oppulence_template`);
  for (const role of [APP_ROLE, SYSTEM_ROLE]) await admin.query(`ALTER ROLE ${role} LOGIN`);
  await admin.query('ALTER DATABASE oppulence_template IS_TEMPLATE true');
  await admin.end();
  return url;
}

function runEnded(): Promise<void> {
  return new Promise((resolve) => {
    process.stdin.once('end', resolve).once('close', resolve).once('error', resolve).resume();
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined); // The pipe decides.
  });
}

async function main(): Promise<void> {
  const ended = runEnded();
  await sweep(fastFolder());
  const folder = makeTemporaryFolder(PREFIX);
  writeFileSync(path.join(folder, 'guardian'), `${String(process.pid)}\n${identityOf(process.pid) ?? ''}`);
  let chdb: Chdb | undefined;
  try {
    mkdirSync(path.join(folder, 'chdb'));
    const [postgresUrl, clickhouse] = await Promise.all([
      startPostgres(folder),
      startChdb({ dataDir: path.join(folder, 'chdb'), logFile: path.join(folder, 'chdb.log') }),
    ]);
    chdb = clickhouse;
    process.send?.({
      type: 'ready',
      env: { OPPULENCE_TEST_PG_URL: postgresUrl, OPPULENCE_TEST_CLICKHOUSE_URL: clickhouse.url },
    });
    await ended;
  } catch (error) {
    process.send?.({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
  } finally {
    await chdb?.stop();
    const server = liveServer(clusterIn(folder));
    if (server !== null) await stopServer(server, 'immediate');
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
process.exit();
