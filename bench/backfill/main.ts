import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { createWorkspaceAt } from '#cli/commands/workspace-create.ts';
import { random } from '../crash/random.mjs';
import { accountOf, beginConnecting, type Connecting } from '../stripe-webhooks/connected.ts';
import { machine } from '../support/machine.ts';
import { figure, table } from '../support/numbers.ts';
import { build, startBuilt } from '../support/product.ts';
import { Cleanup } from '../support/scratch.ts';
import { sendAll } from '../sync-matrix/sender.ts';
import { largeAccount } from './account.ts';

/*
 * A large account is read at the rate that Stripe allows, and the worker killed half way: whether a page is asked for again, and whether webhooks
 * are applied as soon as they are when nothing is read.
 */

const { values: options } = parseArgs({
  options: {
    objects: { type: 'string', default: '100000' },
    latency: { type: 'string', default: '40' },
    /** Webhooks a second, while the account is read and afterwards. */
    webhooks: { type: 'string', default: '20' },
    /** For so many seconds afterwards. */
    seconds: { type: 'string', default: '60' },
    /** The backfill has to be over by then. */
    minutes: { type: 'string', default: '60' },
  },
});
const TABLES = ['customer', 'subscription', 'invoice', 'payment_intent', 'charge'] as const;
const cleanup = new Cleanup();
/** When there was no worker. */
const dead = { from: new Date(0), to: new Date(0) };

try {
  build();
  const account = await largeAccount(Number(options.objects), Number(options.latency), cleanup);
  const dataDir = path.join(cleanup.folder('bench-backfill'), 'data');
  mkdirSync(dataDir, { mode: 0o711 });
  const { info, env, children } = await startBuilt({ dataDir, stripeApiBase: account.url }, cleanup);
  const admin = new pg.Pool({ connectionString: info.postgres.adminUrl, max: 2 });
  admin.on('error', () => undefined);
  cleanup.add(() => admin.end());
  console.log(`${machine()}\n`);

  const workspace = await createWorkspaceAt(info.graphqlUrl, env['OPPULENCE_OPERATOR_TOKEN'] ?? '', { name: 'Large' });
  const startedAt = performance.now();
  const connecting = await beginConnecting(info.graphqlUrl, 'test', workspace);
  const reading = { on: true };
  const during = webhooks(connecting, 'during', () => reading.on);
  await readTo(admin, connecting, Number(options.objects) / 2);
  const { ready } = children.worker;
  dead.from = new Date(Date.now() - 1_000);
  process.kill(children.worker.pid, 'SIGKILL');
  console.log(
    `half of it is read after ${seconds(startedAt)} s and ${String(account.pages.length)} lists; the worker is killed`,
  );
  while (children.worker.ready === ready) await sleep(50);
  dead.to = new Date(Date.now() + 1_000);
  await accountOf(info.graphqlUrl, connecting, Number(options.minutes) * 60_000);
  const tookS = seconds(startedAt);
  reading.on = false;
  await during;
  const until = Date.now() + Number(options.seconds) * 1_000;
  await webhooks(connecting, 'after', () => Date.now() < until);
  await sleep(2_000);

  const rows = await mirrored(admin, connecting);
  const again = account.pages.filter((page, index) => account.pages.indexOf(page) !== index);
  console.log(
    `read in ${tookS} s: ${String(account.pages.length)} lists, at most ${String(account.busiestSecond())} calls in a second`,
  );
  console.log(
    `asked again after the kill: ${String(again.length)}${again.length === 0 ? '' : ` (${again.slice(0, 10).join(', ')})`}`,
  );
  console.log(`objects ${JSON.stringify(rows)}, at Stripe ${JSON.stringify(account.counts)}\n`);
  console.log(
    table(
      ['webhooks', 'applied', 'p50 ms', 'p99 ms'],
      [await latency(admin, connecting, 'during'), await latency(admin, connecting, 'after')],
    ),
  );
} finally {
  await cleanup.run();
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(0);
}

/** Resolves when the backfill has read so many objects. */
async function readTo(admin: pg.Pool, { workspaceId, jobId }: Connecting, objects: number): Promise<void> {
  for (;;) {
    const { rows } = await admin.query<{ done: string }>(
      'SELECT done FROM kernel.job WHERE workspace_id = $1 AND id = $2',
      [workspaceId, jobId],
    );
    if (Number(rows[0]?.done ?? 0) >= objects) return;
    await sleep(50);
  }
}

/** Customers who change, at an even rate, as long as it goes on. */
async function webhooks({ target }: Connecting, phase: string, goesOn: () => boolean): Promise<void> {
  for (let n = 0; goesOn(); n += 1) {
    const created = Math.floor(Date.now() / 1_000);
    const object = {
      id: `cus_live_${String(n % 50)}`,
      object: 'customer',
      created: created - 60,
      name: `${phase} ${String(n)}`,
    };
    const event = {
      id: `evt_${phase}_${String(n)}`,
      object: 'event',
      type: 'customer.updated',
      created,
      livemode: false,
    };
    const body = Buffer.from(JSON.stringify({ ...event, api_version: '2026-10-28.endive', data: { object } }));
    const sending = { connections: 1, random: random(n), withinMs: 60_000 };
    const nothing = (): void => undefined;
    await Promise.all([
      sendAll([{ target, body }], { ...sending, onLeaving: nothing, onAccepted: nothing }),
      sleep(1_000 / Number(options.webhooks)),
    ]);
  }
}

/** From being kept to being applied; what was kept while the worker was dead is left out, since nobody could apply it. */
async function latency(admin: pg.Pool, { workspaceId }: Connecting, phase: string): Promise<string[]> {
  const { rows } = await admin.query<{ n: number; p50: number; p99: number }>(
    `SELECT count(*)::int AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS p50, percentile_cont(0.99) WITHIN GROUP (ORDER BY ms) AS p99
     FROM (SELECT extract(epoch FROM applied_at - received_at) * 1000 AS ms FROM kernel.inbox_event WHERE workspace_id = $1 AND provider_event_id LIKE $2
       AND NOT received_at BETWEEN $3 AND $4) applied`,
    [workspaceId, `evt_${phase}_%`, dead.from, dead.to],
  );
  const [{ n, p50, p99 } = { n: 0, p50: NaN, p99: NaN }] = rows;
  return [phase === 'during' ? 'while it is read' : 'afterwards', String(n), figure(p50), figure(p99)];
}

async function mirrored(admin: pg.Pool, { workspaceId }: Connecting): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of TABLES) {
    const { rows } = await admin.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM stripe.${table} WHERE workspace_id = $1 AND stripe_id LIKE '%large%'`,
      [workspaceId],
    );
    counts[table] = rows[0]?.n ?? 0;
  }
  return counts;
}
