import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { Agent } from 'undici';
import { type Connected, connectPair } from './stripe-webhooks/connected.ts';
import type { Target } from './stripe-webhooks/contestant.ts';
import { untilDrained } from './stripe-webhooks/drained.ts';
import { stripeFront } from './stripe-webhooks/stripe-front.ts';
import { stripeOf } from './stripe-webhooks/stripe-of.ts';
import { generateTraffic, linesOf } from './stripe-webhooks/traffic.ts';
import { machine } from './support/machine.ts';
import { figure, table } from './support/numbers.ts';
import { build, startBuilt } from './support/product.ts';
import { Cleanup } from './support/scratch.ts';
import { benchTools } from './support/tools.ts';
import { answerTo } from './sync-matrix/sender.ts';

/*
 * How soon what Stripe tells is to be seen, while webhooks come in at an even rate whether the one before was answered or not: from a delivery's coming
 * in to its answer and to the mirror, and from an event of ours to ClickHouse.
 */

const { values: options } = parseArgs({
  options: {
    tools: { type: 'string' },
    /** Deliveries a second. */
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
    /** Before what is measured, at the same rate. */
    warmup: { type: 'string', default: '15' },
    seed: { type: 'string', default: '7' },
  },
});
const GOALS = { appliedMs: 1_000, shippedMs: 5_000 };
/** How often it is looked how far ClickHouse is: so much later than it was may it be noted at the most. */
const LOOK_MS = 100;
const CONNECTIONS = 64;

const tools = benchTools('stripe-webhooks', options.tools);
const rate = Number(options.rate);
const cleanup = new Cleanup();

try {
  const scratch = cleanup.folder('bench-freshness');
  const progress = path.join(scratch, 'sent');
  writeFileSync(progress, '0');
  const traffic = generateTraffic(tools, path.join(scratch, 'traffic'), {
    events: rate * (Number(options.warmup) + Number(options.seconds)),
    profile: 'core',
    seed: Number(options.seed),
  });
  const bodies = linesOf(traffic.folder, 'deliveries').map((line) =>
    Buffer.from((JSON.parse(line) as { body: string }).body),
  );
  const stripe = await stripeFront(cleanup);
  stripe.standsBefore(
    await stripeOf({ tools, traffic: traffic.folder, progress, logFile: path.join(scratch, 'serve.log') }, cleanup),
  );
  build();
  const dataDir = path.join(scratch, 'data');
  mkdirSync(dataDir, { mode: 0o711 });
  const { info, env } = await startBuilt({ dataDir, stripeApiBase: stripe.url }, cleanup);
  const admin = new pg.Pool({ connectionString: info.postgres.adminUrl, max: 2 });
  admin.on('error', () => undefined);
  cleanup.add(() => admin.end());
  const product = { graphqlUrl: info.graphqlUrl, operatorToken: env['OPPULENCE_OPERATOR_TOKEN'] ?? '', admin };
  const { test: connected } = await connectPair(product, { live: false });
  console.log(`${machine()}\n`);

  const from = new Date(Date.now() + Number(options.warmup) * 1_000);
  const shipping = watchShipping(admin);
  const sent = await sendEvenly(connected.target, bodies, progress);
  console.log(`${machine()}, when all is sent`);
  const drained = await untilDrained(admin, connected.workspaceId, 120_000);
  await sleep(GOALS.shippedMs);
  const shipped = await shipping.end();

  console.log(
    `${String(bodies.length)} deliveries, ${String(sent.failed)} not answered 2xx; in the end ${JSON.stringify(drained.states)}${drained.complete ? '' : ', NOT ALL DONE'}\n`,
  );
  const measured = sent.answersMs.slice(rate * Number(options.warmup));
  const applied = await appliedAfter(admin, connected, from);
  const seen = await shippedAfter(admin, connected, from, shipped);
  console.log(
    table(
      ['from coming in', 'n', 'p50 ms', 'p99 ms', 'longest', 'goal'],
      [
        row('to the answer', measured),
        row('to being applied', applied, GOALS.appliedMs),
        row('of an event, to ClickHouse', seen, GOALS.shippedMs),
      ],
    ),
  );
} finally {
  await cleanup.run();
}

/** The n-th leaves at its time, however those before it fare. */
async function sendEvenly(
  target: Target,
  posts: readonly Buffer[],
  progressFile: string,
): Promise<{ readonly answersMs: readonly number[]; readonly failed: number }> {
  const agent = new Agent({ connections: CONNECTIONS, pipelining: 1 });
  const answersMs: number[] = [];
  let failed = 0;
  const post = async (body: Buffer, n: number): Promise<void> => {
    const leftAt = performance.now();
    const status = await answerTo(agent, { target, body });
    answersMs[n] = performance.now() - leftAt;
    if (status === null || status >= 300) failed += 1;
  };
  const startedAt = performance.now();
  const underWay: Promise<void>[] = [];
  for (let n = 0; n < posts.length;) {
    const due = Math.min(posts.length, Math.ceil(((performance.now() - startedAt) / 1_000) * rate));
    if (due > n) writeFileSync(progressFile, String(due)); // before they leave: Stripe has them then
    for (; n < due; n += 1) {
      const body = posts[n];
      if (body) underWay.push(post(body, n));
    }
    await sleep(1);
  }
  await Promise.all(underWay);
  await agent.close();
  return { answersMs, failed };
}

/** At which instant everything up to a position was in ClickHouse. */
interface Shipped {
  readonly at: number;
  readonly position: bigint;
}

function watchShipping(admin: pg.Pool): { end(): Promise<readonly Shipped[]> } {
  const seen: Shipped[] = [];
  let over = false;
  const look = async (): Promise<void> => {
    while (!over) {
      const { rows } = await admin.query<{ position: string }>('SELECT position::text FROM analytics.ship_cursor');
      const position = BigInt(rows[0]?.position ?? '0');
      if (position > (seen.at(-1)?.position ?? -1n)) seen.push({ at: Date.now(), position });
      await sleep(LOOK_MS);
    }
  };
  const done = look();
  return {
    end: async () => {
      over = true;
      await done;
      return seen;
    },
  };
}

async function appliedAfter(admin: pg.Pool, { workspaceId }: Connected, from: Date): Promise<number[]> {
  const { rows } = await admin.query<{ ms: number | null }>(
    `SELECT (extract(epoch FROM applied_at - received_at) * 1000)::float8 AS ms FROM kernel.inbox_event WHERE workspace_id = $1 AND received_at > $2`,
    [workspaceId, from],
  );
  return rows.map(({ ms }) => ms ?? Infinity);
}

async function shippedAfter(
  admin: pg.Pool,
  { workspaceId }: Connected,
  from: Date,
  shipped: readonly Shipped[],
): Promise<number[]> {
  const { rows } = await admin.query<{ position: string; recorded_at: Date }>(
    `SELECT s.position::text, e.recorded_at FROM kernel.stream s JOIN kernel.event e ON e.workspace_id = s.workspace_id AND e.id = s.event_id
     WHERE s.workspace_id = $1 AND e.recorded_at > $2 ORDER BY s.position`,
    [workspaceId, from],
  );
  let look = 0;
  return rows.map(({ position, recorded_at: recordedAt }) => {
    while (look < shipped.length && (shipped[look]?.position ?? 0n) < BigInt(position)) look += 1;
    return (shipped[look]?.at ?? Infinity) - recordedAt.getTime();
  });
}

function row(what: string, readings: readonly number[], goal?: number): string[] {
  const sorted = [...readings].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
  return [
    what,
    String(sorted.length),
    figure(at(0.5)),
    figure(at(0.99)),
    figure(at(1)),
    goal === undefined ? '' : `p99 ${figure(goal)}: ${figure(at(0.99) / goal)}x`,
  ];
}
