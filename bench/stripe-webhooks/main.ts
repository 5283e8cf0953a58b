import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { machine } from '../support/machine.ts';
import { cpuByPart } from '../support/proc.ts';
import { build, startBuilt } from '../support/product.ts';
import { Cleanup } from '../support/scratch.ts';
import { benchTools } from '../support/tools.ts';
import type { Contestant } from './contestant.ts';
import { floor, type Floor } from './floors.ts';
import { ours, type OursOptions } from './ours.ts';
import { peer, PEER_NAMES } from './peers.ts';
import { printReport, type Reading } from './report.ts';
import { send } from './sender.ts';
import { stripeFront } from './stripe-front.ts';
import { stripeOf } from './stripe-of.ts';
import { generateTraffic } from './traffic.ts';

/*
 * Stripe's webhooks: how fast an endpoint takes them, how fast they are applied, and how many objects are wrong in the end. Oppulence against
 * the least an endpoint can do and against two npm packages, in alternating rounds on one PostgreSQL, on traffic with duplicates,
 * reordering and late retries.
 */

const { values: options } = parseArgs({
  options: {
    tools: { type: 'string' },
    events: { type: 'string', default: '3000' },
    profile: { type: 'string', default: 'core' },
    seed: { type: 'string', default: '7' },
    rounds: { type: 'string', default: '3' },
    concurrency: { type: 'string', default: '16,32' },
    /** Which contestants: ours, held (ours with the worker held back), noop, inbox, batch, supabase, stripe. */
    only: { type: 'string', default: 'held,ours,noop,inbox,batch,supabase,stripe' },
    /** Seconds the worker may take to apply the traffic of one round. */
    drain: { type: 'string', default: '120' },
    json: { type: 'string' },
  },
});
const chosen = options.only.split(',');
const levels = options.concurrency.split(',').map(Number);
const tools = benchTools('stripe-webhooks', options.tools);
const cleanup = new Cleanup();

try {
  const scratch = cleanup.folder('bench-webhooks');
  const traffic = generateTraffic(tools, path.join(scratch, 'traffic'), {
    events: Number(options.events),
    profile: options.profile === 'full' ? 'full' : 'core',
    seed: Number(options.seed),
  });
  const progress = path.join(scratch, 'sent');
  writeFileSync(progress, '0');
  const stripeApiBase = await startStripe(traffic.folder, progress, scratch);
  build();
  const dataDir = path.join(scratch, 'data');
  mkdirSync(dataDir, { mode: 0o711 });
  const instance = await startBuilt({ dataDir, stripeApiBase }, cleanup);
  const admin = new pg.Pool({ connectionString: instance.info.postgres.adminUrl, max: 2 });
  admin.on('error', () => undefined);
  cleanup.add(() => admin.end());

  const ourOptions = { tools, traffic, instance, admin, progress, drainWithinMs: Number(options.drain) * 1_000 };
  const contestants = await line(ourOptions, scratch);
  const { rows } = await admin.query<{ version: string }>(`SELECT current_setting('server_version') AS version`);
  console.log(
    `${machine(rows[0]?.version)}; ${String(traffic.deliveries)} deliveries a run, profile ${options.profile}\n`,
  );
  const readings = await rounds(contestants, { traffic, progress, dataDir });
  printReport(readings, levels);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ options, readings }, null, 2)}\n`);
} finally {
  await cleanup.run();
}

/** The Stripe that is asked back for what events leave open: it knows what was sent so far. */
async function startStripe(traffic: string, progress: string, scratch: string): Promise<string> {
  const front = await stripeFront(cleanup);
  front.standsBefore(await stripeOf({ tools, traffic, progress, logFile: path.join(scratch, 'serve.log') }, cleanup));
  return front.url;
}

async function line(ourOptions: OursOptions, scratch: string): Promise<Contestant[]> {
  const { admin, instance, traffic } = ourOptions;
  const database = async (name: string): Promise<string> => {
    await admin.query(`CREATE DATABASE ${name}`);
    const url = new URL(instance.info.postgres.adminUrl);
    url.pathname = `/${name}`;
    return url.toString();
  };
  const contestants: Contestant[] = [];
  for (const name of chosen) {
    if (name === 'ours' || name === 'held') contestants.push(ours(ourOptions, { workerHeld: name === 'held' }));
    else if (PEER_NAMES.some((known) => known === name)) {
      const which = name as (typeof PEER_NAMES)[number];
      const databaseUrl = await database(`bench_${which}`);
      contestants.push(await peer(which, { tools, traffic: traffic.folder, databaseUrl, scratch }, cleanup));
    } else {
      const databaseUrl = await database(`bench_floor_${name}`);
      const logFile = path.join(scratch, `floor-${name}.log`);
      contestants.push(await floor(name as Floor, { tools, databaseUrl, logFile }, cleanup));
    }
  }
  return contestants;
}

/** Each contestant once per round and level; a first round warms up and is not counted. */
async function rounds(
  contestants: readonly Contestant[],
  { traffic, progress, dataDir }: Pick<OursOptions, 'traffic' | 'progress'> & { readonly dataDir: string },
): Promise<Reading[]> {
  const readings: Reading[] = [];
  const file = path.join(traffic.folder, 'deliveries.jsonl');
  for (let round = 0; round <= Number(options.rounds); round += 1) {
    for (const concurrency of round === 0 ? levels.slice(0, 1) : levels) {
      for (const contestant of contestants) {
        const target = await contestant.fresh();
        const before = cpuByPart(dataDir);
        const sent = await send(tools, target, { file, concurrency, progress });
        const drained = (await contestant.drain?.()) ?? null;
        const cpu = drained === null ? null : cpuSince(before, dataDir, traffic.deliveries);
        const verdict = (await contestant.verify?.()) ?? null;
        const reading = {
          round,
          contestant: contestant.name,
          concurrency,
          deliveries: traffic.deliveries,
          sent,
          drained,
          cpu,
          verdict,
        };
        console.log(printed(reading));
        if (round > 0) readings.push(reading);
      }
    }
  }
  return readings;
}

/** CPU milliseconds that each part of the product took for one delivery. */
function cpuSince(before: ReadonlyMap<string, number>, dataDir: string, deliveries: number): Reading['cpu'] {
  return Object.fromEntries(
    [...cpuByPart(dataDir)].map(([part, s]) => [part, ((s - (before.get(part) ?? 0)) * 1_000) / deliveries]),
  );
}

function printed({ round, contestant, concurrency, sent, drained, verdict }: Reading): string {
  const parts = [
    `${round === 0 ? 'warm-up' : `round ${String(round)}`}  c=${String(concurrency)}  ${contestant.padEnd(36)}`,
    `${sent.perS.toFixed(0)}/s  p50 ${sent.p50Ms.toFixed(1)} p99 ${sent.p99Ms.toFixed(0)} ms  refused ${String(sent.refused)}`,
    ...(drained === null ? [] : [`${JSON.stringify(drained.states)}${drained.complete ? '' : ' NOT DONE IN TIME'}`]),
    ...(verdict === null ? [] : [`wrong ${JSON.stringify(verdict.wrong)}`]),
  ];
  return parts.join('  ');
}
