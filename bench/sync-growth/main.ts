import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { Embedded } from '#cli/embedded/supervisor.ts';
import { random } from '../crash/random.mjs';
import { type ConnectedPair, connectPair } from '../stripe-webhooks/connected.ts';
import { untilDrained } from '../stripe-webhooks/drained.ts';
import { stripeFront } from '../stripe-webhooks/stripe-front.ts';
import { machine } from '../support/machine.ts';
import { figure, median, table } from '../support/numbers.ts';
import { build, startBuilt } from '../support/product.ts';
import { Cleanup, Scratch } from '../support/scratch.ts';
import { benchTools } from '../support/tools.ts';
import type { Stand } from '../sync-matrix/run.ts';
import { prepare, tell } from '../sync-matrix/tell.ts';
import { cpuOf, memoryOf, type Part, PARTS } from './cpu.ts';
import { multiplyMirror } from './multiply.ts';

/*
 * Whether an event costs more the more there is: CPU for each applied event while the mirror has ten thousand, a hundred thousand and a million
 * objects, and the memory of the web and worker processes over two hundred thousand events.
 */

const { values: options } = parseArgs({
  options: {
    tools: { type: 'string' },
    only: { type: 'string', default: 'cost,memory' },
    /** Objects in the mirror of the workspace that is told events. */
    sizes: { type: 'string', default: '10000,100000,1000000' },
    /** Events of a round; of the rounds of one size the median counts. */
    events: { type: 'string', default: '3000' },
    rounds: { type: 'string', default: '3' },
    /** Events over which memory is watched, and after how many it is read. */
    memory: { type: 'string', default: '200000' },
    every: { type: 'string', default: '10000' },
    connections: { type: 'string', default: '16' },
  },
});
/** So long a process may take to give back what it does not use: it looks every ten seconds whether it was at rest since the last look. */
const AT_REST_MS = 25_000;
const only = options.only.split(',');
const tools = benchTools('stripe-webhooks', options.tools);
const cleanup = new Cleanup();
let seed = 5_000;

try {
  build();
  const stripe = await stripeFront(cleanup);
  const dataDir = path.join(cleanup.folder('sync-growth'), 'data');
  mkdirSync(dataDir, { mode: 0o711 });
  const instance = await startBuilt({ dataDir, stripeApiBase: stripe.url }, cleanup);
  const { info, env, children } = instance;
  const admin = new pg.Pool({ connectionString: info.postgres.adminUrl, max: 2 });
  admin.on('error', () => undefined);
  cleanup.add(() => admin.end());
  const product = { graphqlUrl: info.graphqlUrl, operatorToken: env['OPPULENCE_OPERATOR_TOKEN'] ?? '', admin };
  const stand: Stand = { product, children, stripe, tools };
  console.log(`${machine()}\n`);
  const measured = { stand, instance };
  if (only.includes('cost')) await cost(measured);
  if (only.includes('memory')) await memory(measured);
} finally {
  await cleanup.run();
}

interface Measured {
  readonly stand: Stand;
  readonly instance: Embedded;
}

interface Told {
  readonly events: number;
  readonly seconds: number;
  readonly cpuMs: Readonly<Record<Part, number>>;
}

/** So many events that nobody has heard of, until all that follows is done. Whom they are told to comes from `to`, once their Stripe is there. */
async function round(
  { stand, instance }: Measured,
  events: number,
  to: () => Promise<ConnectedPair>,
): Promise<Told & { readonly pair: ConnectedPair }> {
  const scratch = new Scratch();
  try {
    seed += 1;
    const history = { events, profile: 'core', shape: 'endive', seed, late: 0.04, dup: 0.05 } as const;
    const prepared = await prepare(stand, history, scratch);
    const pair = await to();
    const [startedAt, before] = [performance.now(), cpuOf(instance)];
    await tell(prepared, pair, {
      connections: Number(options.connections),
      random: random(seed),
      withinMs: 1_200_000,
      onAccepted: () => undefined,
    });
    const drained = await untilDrained(stand.product.admin, pair.test.workspaceId, 1_200_000);
    if (!drained.complete) throw new Error(`Not all is applied: ${JSON.stringify(drained)}`);
    const after = cpuOf(instance);
    const perEvent = (part: Part): number => ((after[part] - before[part]) * 1_000) / events;
    const cpuMs = { web: perEvent('web'), worker: perEvent('worker'), PostgreSQL: perEvent('PostgreSQL') };
    return { events, seconds: (performance.now() - startedAt) / 1_000, cpuMs, pair };
  } finally {
    await scratch.run();
  }
}

function total({ cpuMs }: Told): number {
  return PARTS.reduce((sum, part) => sum + cpuMs[part], 0);
}

/** Each size is a workspace of its own, beside the ones before it: what is in the same tables counts too. */
async function cost(measured: Measured): Promise<void> {
  const { product } = measured.stand;
  const rows: { readonly objects: number; readonly rounds: readonly Told[] }[] = [];
  for (const size of [null, ...options.sizes.split(',').map(Number)]) {
    const first = await round(measured, Number(options.events), () => connectPair(product, { live: false }));
    if (size === null) continue; // Warm-up: code that has never run is compiled on the way.
    const startedAt = performance.now();
    const objects = await multiplyMirror(product.admin, first.pair.test.workspaceId, size);
    console.log(
      `${objects.toLocaleString('en')} objects, made in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`,
    );
    const rounds: Told[] = [];
    for (let n = 0; n < Number(options.rounds); n += 1) {
      const told = await round(measured, Number(options.events), () => Promise.resolve(first.pair));
      console.log(`  ${figure(total(told))} ms of CPU an event, ${figure(told.events / told.seconds)} events/s`);
      rounds.push(told);
    }
    rows.push({ objects, rounds });
  }
  const smallest = median(rows[0]?.rounds.map(total) ?? []);
  console.log(
    `\n${table(
      ['objects', ...PARTS.map((part) => `${part} ms`), 'CPU ms/event', 'of the smallest', 'events/s'],
      rows.map(({ objects, rounds }) => [
        objects.toLocaleString('en'),
        ...PARTS.map((part) => figure(median(rounds.map(({ cpuMs }) => cpuMs[part])))),
        figure(median(rounds.map(total))),
        `${figure(median(rounds.map(total)) / smallest)}x`,
        figure(median(rounds.map(({ events, seconds }) => events / seconds))),
      ]),
    )}\n`,
  );
}

/** What a process takes once its work is done, again and again, in one workspace. */
async function memory(measured: Measured): Promise<void> {
  const every = Number(options.every);
  const readings: { readonly events: number; readonly web: number; readonly worker: number }[] = [];
  let pair: ConnectedPair | undefined;
  for (let events = every; events <= Number(options.memory); events += every) {
    ({ pair } = await round(measured, every, async () => pair ?? connectPair(measured.stand.product, { live: false })));
    await sleep(AT_REST_MS);
    const reading = { events, ...memoryOf(measured.instance) };
    readings.push(reading);
    console.log(
      `  ${events.toLocaleString('en')} events: web ${figure(reading.web)} MB, worker ${figure(reading.worker)} MB`,
    );
  }
  // The first half fills caches and pools; what grows after that would grow for ever.
  const later = readings.slice(Math.floor(readings.length / 2));
  const row = (name: 'web' | 'worker'): string[] => [
    name,
    figure(readings[0]?.[name] ?? NaN),
    figure(readings.at(-1)?.[name] ?? NaN),
    figure(Math.max(...readings.map((reading) => reading[name]))),
    slope(later.map((reading) => [reading.events / 100_000, reading[name]])).toFixed(1),
  ];
  console.log(
    `\n${table(['PSS in MB', `after ${every.toLocaleString('en')}`, 'at the end', 'highest', 'growth per 100,000 events, second half'], [row('web'), row('worker')])}\n`,
  );
}

/** Of the straight line through the points that fits best. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(([at]) => at), mean(([, value]) => value)];
  const spread = mean(([at]) => (at - x) ** 2);
  return spread === 0 ? NaN : mean(([at, value]) => (at - x) * (value - y)) / spread;
}
