import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { createWorkspaceAt } from '#cli/commands/workspace-create.ts';
import { startPostgres } from '#cli/embedded/postgres.ts';
import { graphAt } from '#cli/graph.ts';
import { connectKernel, type Kernel } from '#cli/kernel.ts';
import { migrate } from '#prisma/migrate.ts';
import { type Config, loadConfig } from '#subgraphs/shared/config/config.ts';
import { createUseCaseContext } from '#subgraphs/shared/db/use-case-context.ts';
import { defineEvent } from '#subgraphs/shared/events/define.ts';
import { startDispatcher } from '#subgraphs/shared/events/dispatcher.ts';
import { createLogger } from '#subgraphs/shared/logging/logger.ts';
import { migrateQueue } from '#subgraphs/shared/queue/wake-queue.ts';
import { type Child, startChild } from './subscriptions/child.ts';
import type { ServerRequest, ServerState } from './subscriptions/server.ts';
import type { Arrival, SocketsRequest } from './subscriptions/sockets.ts';

/*
 * How long a committed event takes to subscribers: 500 workspaces with 10 sockets each on one gateway process with its subgraphs, on a real
 * PostgreSQL; writer and dispatcher in this process, sockets in a third. Then 1,000 equal subscriptions in one workspace: what an event costs.
 */

const WORKSPACES = 500;
const SOCKETS = 10;
/** Events a second over all workspaces; each goes to ten sockets. The first is what is promised, the others look for the end. */
const RATES = [50, 150];
const SECONDS = 10;
const GOAL_P99_MS = 500;

const QUERY = 'subscription { recoveryEvents { type case { id } customer { id } } }';
const JOINED = 'subscription { recoveryEvents { type invoice { id status } customer { id } } }';

const opened = defineEvent({
  type: 'recovery.case.opened',
  version: 1,
  subject: 'RecoveryCase',
  payload: z.object({ caseId: z.string(), invoiceId: z.string(), customerId: z.string() }),
});

const dataDir = mkdtempSync(path.join(tmpdir(), 'oppulence-bench-'));
const postgres = await startPostgres({ dataDir });
const server = startChild('server');
const sockets = startChild('sockets');
try {
  await migrate(postgres.adminUrl);
  const config = configOf();
  await migrateQueue({ namespace: config.queueNamespace, queueDatabaseUrl: postgres.queueUrl });
  const log = createLogger({ level: 'silent', name: 'bench' });
  const kernel = await connectKernel(config, log);
  const { system, bus, contextDeps } = kernel;
  const dispatcher = startDispatcher({
    system,
    bus,
    consumers: [],
    wake: () => Promise.resolve(),
    wall: contextDeps.wall,
    log,
  });
  const { masterKey, ...rest } = config;
  const started: ServerRequest = { kind: 'start', config: rest, masterKey: masterKey.toString('base64') };
  const url = await server.ask<string>(started);
  const workspaces = await createWorkspaces(url, config.operatorToken);

  await measureLatency(kernel, url, workspaces);
  await measureEquals(kernel, url, workspaces[0]);

  await dispatcher.close();
  await kernel.close();
} finally {
  server.stop();
  sockets.stop();
  await postgres.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

interface Workspace {
  readonly workspaceId: string;
  readonly apiKey: string;
}

function configOf(): Config {
  return loadConfig({
    OPPULENCE_DATA_DIR: dataDir,
    PORT: '0',
    PUBLIC_URL: 'http://127.0.0.1:4000',
    LOG_LEVEL: 'silent',
    OPPULENCE_PLAYGROUND: 'false',
    OPPULENCE_INTROSPECTION: 'false',
    DATABASE_URL: postgres.appUrl,
    SYSTEM_DATABASE_URL: postgres.systemUrl,
    QUEUE_DATABASE_URL: postgres.queueUrl,
    CLICKHOUSE_URL: 'http://127.0.0.1:9', // nothing here reads it
    OPPULENCE_MASTER_KEY: randomBytes(32).toString('base64'),
    OPPULENCE_OPERATOR_TOKEN: randomBytes(16).toString('hex'),
    STRIPE_API_BASE: 'http://127.0.0.1:9',
  });
}

async function createWorkspaces(url: string, operatorToken: string): Promise<Workspace[]> {
  const created: Workspace[] = [];
  while (created.length < WORKSPACES) {
    const { live, ...test } = await createWorkspaceAt(`${url}/graphql`, operatorToken, { name: 'Bench' });
    created.push(test, live);
  }
  return created;
}

async function measureLatency(kernel: Kernel, url: string, workspaces: readonly Workspace[]): Promise<void> {
  const before = await look(server);
  const open: SocketsRequest = {
    kind: 'open',
    url,
    keys: workspaces.map(({ apiKey }) => apiKey),
    socketsPerKey: SOCKETS,
    operationsPerSocket: 1,
    query: QUERY,
  };
  const count = await sockets.ask<number>(open);
  await until(async () => (await look(server)).streams === count);
  await pause(1_000);
  const after = await look(server);
  const kib = (bytes: number): string => (bytes / count / 1024).toFixed(1);
  console.log(`${String(count)} sockets in ${String(WORKSPACES)} workspaces over ${String(after.sources)} sources`);
  console.log(
    `memory per socket: ${kib(after.heap - before.heap)} KiB of heap, ${kib(after.rss - before.rss)} KiB resident`,
  );

  for (const rate of RATES) {
    const begun = await look(server);
    const { committed, failed } = await publishAt(kernel, workspaces, rate);
    const arrivals = await collected(committed.size * SOCKETS);
    const latencies = arrivals.map(([id, at]) => at - (committed.get(id) ?? at)).sort((a, b) => a - b);
    const numbered = await numberedAfter(kernel, committed);
    const cpuMs = ((await look(server)).cpuMs - begun.cpuMs) / committed.size;
    const lost = committed.size * SOCKETS - arrivals.length;
    console.log(
      `${String(rate)} events/s (${String(rate * SOCKETS)} messages/s): numbered p50 ${percentile(numbered, 50)} ms, p99 ${percentile(numbered, 99)} ms; arrived p50 ${percentile(latencies, 50)} ms, p99 ${percentile(latencies, 99)} ms, ` +
        `most ${percentile(latencies, 100)} ms, ${String(lost)} missing, ${String(failed)} writes without a connection in time; ${cpuMs.toFixed(1)} ms of the server's processor per event` +
        (rate === RATES[0] ? ` (goal: p99 below ${String(GOAL_P99_MS)} ms)` : ''),
    );
  }
  await sockets.ask({ kind: 'close' } satisfies SocketsRequest);
}

/** How long after its commit each event had its number, which the dispatcher in this process gives. */
async function numberedAfter({ system }: Kernel, committed: ReadonlyMap<string, number>): Promise<number[]> {
  const rows = await system.query<{ customer_id: string; numbered_at: Date }>(
    `SELECT e.payload->>'customerId' AS customer_id, s.numbered_at FROM kernel.stream s
     JOIN kernel.event e ON e.workspace_id = s.workspace_id AND e.id = s.event_id WHERE e.type = $1`,
    [opened.type],
  );
  const waits = rows.flatMap(({ customer_id: id, numbered_at: at }) => {
    const commit = committed.get(id);
    return commit === undefined ? [] : [at.getTime() - commit];
  });
  return waits.sort((a, b) => a - b);
}

/** One workspace after the other, evenly in time; the time of each commit by the customer that the event names. */
async function publishAt(
  kernel: Kernel,
  workspaces: readonly Workspace[],
  rate: number,
): Promise<{ committed: ReadonlyMap<string, number>; failed: number }> {
  const committed = new Map<string, number>();
  const writing: Promise<void>[] = [];
  let failed = 0;
  const begun = performance.now();
  for (let sent = 0; sent < rate * SECONDS; sent += 1) {
    const wait = begun + (sent * 1_000) / rate - performance.now();
    if (wait > 0) await pause(wait);
    const workspace = workspaces[sent % workspaces.length];
    if (workspace === undefined) continue;
    const written = publish(kernel, workspace, `cus_${String(rate)}_${String(sent)}`, committed);
    writing.push(written.catch(() => void (failed += 1)));
  }
  await Promise.all(writing);
  return { committed, failed };
}

async function publish(
  { contextDeps }: Kernel,
  { workspaceId }: Workspace,
  customerId: string,
  committed: Map<string, number>,
): Promise<void> {
  const context = createUseCaseContext(contextDeps, {
    workspaceId,
    mode: 'TEST',
    actor: { type: 'API_KEY', id: 'key_00000000000000000000', scopes: [] },
    requestId: 'req_bench',
  });
  const id = contextDeps.ids.next('case');
  await context.transaction(async (tx) => {
    await tx.publish(
      opened({ subjectId: id, payload: { caseId: id, invoiceId: 'inv_0000000000000000000a', customerId } }),
    );
  });
  committed.set(customerId, performance.timeOrigin + performance.now());
}

/** A thousand of one operation, over a hundred sockets of four keys. */
async function measureEquals(kernel: Kernel, url: string, workspace: Workspace | undefined): Promise<void> {
  if (workspace === undefined) throw new Error('There is no workspace.');
  const graph = graphAt(`${url}/graphql`, workspace.apiKey);
  const keys = [workspace.apiKey];
  while (keys.length < 4) {
    const { createApiKey } = await graph.run<{ createApiKey: { secret: string } }>(
      'mutation { createApiKey(input: { name: "bench", scopes: ["admin:*"] }) { ... on CreatedApiKey { secret } } }',
    );
    keys.push(createApiKey.secret);
  }
  await until(async () => (await look(server)).streams === 0);
  const open: SocketsRequest = { kind: 'open', url, keys, socketsPerKey: 25, operationsPerSocket: 10, query: JOINED };
  await sockets.ask(open);
  await until(async () => (await look(server)).streams === 1_000);
  // They begin with what happens next: when an event has reached them all, they have begun.
  for (let probe = 0; (await collected(1_000)).length < 1_000; probe += 1)
    await publish(kernel, workspace, `cus_probe_${String(probe)}`, new Map());
  const before = await look(server);
  const events = 50;
  const committed = new Map<string, number>();
  for (let sent = 0; sent < events; sent += 1) {
    await publish(kernel, workspace, `cus_equal_${String(sent)}`, committed);
    await pause(100);
  }
  const arrivals = await collected(events * 1_000);
  const after = await look(server);
  const latencies = arrivals.map(([id, at]) => at - (committed.get(id) ?? at)).sort((a, b) => a - b);
  console.log(
    `1,000 equal subscriptions over ${String(after.sources)} source(s): ${((after.executions - before.executions) / events).toFixed(2)} executions and ` +
      `${((after.entityFetches - before.entityFetches) / events).toFixed(2)} entity fetches per event; p50 ${percentile(latencies, 50)} ms, ` +
      `p99 ${percentile(latencies, 99)} ms, ${String(events * 1_000 - arrivals.length)} missing`,
  );
  const load = loadavg()[0]?.toFixed(1) ?? '?';
  console.log(`on ${String(cpus().length)} cores with a load of ${load}, Node ${process.versions.node}`);
}

async function look(child: Child): Promise<ServerState> {
  return child.ask<ServerState>({ kind: 'look' } satisfies ServerRequest);
}

/** What has come, once all has, or once nothing more comes. */
async function collected(expected: number): Promise<readonly Arrival[]> {
  const arrivals: Arrival[] = [];
  for (let quiet = 0; quiet < 12 && arrivals.length < expected; quiet += 1) {
    await pause(250);
    const more = await sockets.ask<Arrival[]>({ kind: 'arrivals' } satisfies SocketsRequest);
    if (more.length > 0) quiet = 0;
    arrivals.push(...more);
  }
  return arrivals;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('It did not come to that within a minute.');
    await pause(100);
  }
}

function percentile(sorted: readonly number[], percent: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0).toFixed(0);
}
