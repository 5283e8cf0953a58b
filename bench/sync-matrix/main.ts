import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { random } from '../crash/random.mjs';
import { stripeFront } from '../stripe-webhooks/stripe-front.ts';
import { machine } from '../support/machine.ts';
import { build, startBuilt } from '../support/product.ts';
import { ROOT } from '../support/root.ts';
import { Cleanup } from '../support/scratch.ts';
import { benchTools } from '../support/tools.ts';
import type { Victim } from './kills.ts';
import { printMatrix, type Played } from './report.ts';
import { carryOut, type Run, type Stand } from './run.ts';
import type { Arrival, Shape } from './traffic.ts';

/*
 * What Stripe sends, over many histories and orders of arrival, to the built product whose web and worker processes are killed with SIGKILL all
 * the while. In the end no object may be wrong, no delivery refused or left, nothing done twice, and each history has to end in the same mirror
 * however it was told.
 */

/** The ways in which each history is told. */
const TELLINGS: readonly (Arrival & { readonly connections: number })[] = [
  { late: 0, dup: 0.2, connections: 1 },
  { late: 0.2, dup: 0, connections: 16 },
  { late: 0.2, dup: 0.2, connections: 64 },
];

const { values: options } = parseArgs({
  options: {
    tools: { type: 'string' },
    seeds: { type: 'string', default: '1-20' },
    profiles: { type: 'string', default: 'core,full' },
    shapes: { type: 'string', default: 'endive,legacy,mixed' },
    events: { type: 'string', default: '600' },
    kills: { type: 'string', default: '10' },
    /** No further run is begun after this. */
    minutes: { type: 'string', default: 'Infinity' },
    /** Goes on with the record that is kept beside this file, and adds to it: hours of playing need not be in one piece. */
    record: { type: 'boolean', default: false },
  },
});
const RECORD = path.join(ROOT, 'bench/sync-matrix/played.jsonl');

const tools = benchTools('stripe-webhooks', options.tools);
const cleanup = new Cleanup();
const startedAt = Date.now();
const played = options.record ? recorded() : [];

try {
  const known = new Set(played.map(({ run }) => keyOf(run)));
  const left = runs().filter((run) => !known.has(keyOf(run)));
  console.log(`${String(left.length)} runs to play, ${String(played.length)} known; ${machine()}\n`);
  build();
  const stand = await builtStand();
  for (const run of left) {
    if (Date.now() - startedAt > Number(options.minutes) * 60_000) break;
    keep(await play(stand, run));
  }
  printMatrix(played);
  if (played.some(({ wrong }) => wrong.length > 0)) process.exitCode = 1;
} finally {
  await cleanup.run();
}

function runs(): readonly Run[] {
  const [first = 1, last = first] = options.seeds.split('-').map(Number);
  const seeds = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const events = Number(options.events);
  return seeds.flatMap((seed) =>
    options.profiles.split(',').flatMap((profile) =>
      options.shapes.split(',').flatMap((shape) =>
        TELLINGS.map((telling) => ({
          ...{
            events,
            seed,
            profile: profile === 'full' ? ('full' as const) : ('core' as const),
            shape: shape as Shape,
          },
          ...telling,
          kills: victims(seed + telling.connections),
        })),
      ),
    ),
  );
}

function victims(seed: number): readonly Victim[] {
  const chance = random(seed);
  return Array.from({ length: Number(options.kills) }, () => (chance() < 0.4 ? 'web' : 'worker'));
}

async function builtStand(): Promise<Stand> {
  const stripe = await stripeFront(cleanup);
  const dataDir = path.join(cleanup.folder('sync-matrix'), 'data');
  mkdirSync(dataDir, { mode: 0o711 });
  // Kills are many here, and what a worker left at the second of them waits for a lease.
  const settings = { LOG_LEVEL: 'error', OPPULENCE_EFFECT_LEASE_MS: '2000' };
  const { info, env, children } = await startBuilt(
    { dataDir, stripeApiBase: stripe.url, env: settings, quiet: true },
    cleanup,
  );
  const admin = new pg.Pool({ connectionString: info.postgres.adminUrl, max: 2 });
  admin.on('error', () => undefined);
  cleanup.add(() => admin.end());
  const product = { graphqlUrl: info.graphqlUrl, operatorToken: env['OPPULENCE_OPERATOR_TOKEN'] ?? '', admin };
  return { product, children, stripe, tools };
}

/** A run that does not come to its end counts as one that went wrong. */
async function play(stand: Stand, run: Run): Promise<Played> {
  try {
    const { state: _state, ...outcome } = await carryOut(stand, run);
    return { run, ...outcome };
  } catch (error) {
    const nothing = { deliveries: 0, repeated: 0, objects: 0, rereads: 0, hash: '', seconds: 0 };
    return { run, ...nothing, wrong: [error instanceof Error ? error.message : String(error)] };
  }
}

function keep(result: Played): void {
  const { run, deliveries, repeated, objects, hash, wrong, seconds } = result;
  played.push(result);
  if (options.record) appendFileSync(RECORD, `${JSON.stringify(result)}\n`);
  console.log(
    `seed ${String(run.seed)} ${run.profile} ${run.shape} late ${String(run.late)} dup ${String(run.dup)} c=${String(run.connections)}: ` +
      `${String(deliveries)} deliveries, ${String(run.kills.length)} kills, ${String(repeated)} sent again, ${String(objects)} objects, ${hash}, ${seconds.toFixed(0)} s` +
      wrong.map((what) => `\n  WRONG  ${what}`).join(''),
  );
}

function keyOf(run: Run): string {
  return JSON.stringify(Object.entries(run).toSorted(([a], [b]) => a.localeCompare(b)));
}

function recorded(): Played[] {
  if (!existsSync(RECORD)) return [];
  return readFileSync(RECORD, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Played);
}
