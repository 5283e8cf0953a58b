import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { runCommand, untilHolds } from './support/instance.ts';
import { machine } from './support/machine.ts';
import { table } from './support/numbers.ts';
import { nameOf, processesOf, type ProcessReading } from './support/proc.ts';
import { build } from './support/product.ts';
import { Cleanup } from './support/scratch.ts';
import { freePort } from './support/server.ts';

/*
 * What the whole product takes of the machine's memory: proportional set size (shared pages counted by shares) over all of its processes, after a
 * minute at rest. `--from sources` is what `make demo` runs in a clone, `--from build` what is shipped; `--after start` leaves the story out.
 */

const { values: options } = parseArgs({
  options: {
    from: { type: 'string', default: 'sources,build' },
    after: { type: 'string', default: 'story,start' },
    rest: { type: 'string', default: '60' },
  },
});
const GOAL_MB = 800;
const cleanup = new Cleanup();

try {
  build();
  const sums: string[][] = [];
  for (const from of options.from.split(',')) {
    for (const after of options.after.split(',')) {
      const rows = await reading(from === 'build' ? 'build' : 'sources', after === 'start' ? 'start' : 'story');
      const total = rows.reduce((sum, { mb }) => sum + mb, 0);
      console.log(`\n${from}, ${options.rest} s after the ${after}\n`);
      console.log(
        table(
          ['process', 'PSS MB'],
          rows.map(({ name, mb }) => [name, mb.toFixed(0)]),
        ),
      );
      sums.push([`${from}, after the ${after}`, total.toFixed(0), `${(total / GOAL_MB).toFixed(2)}x`]);
    }
  }
  console.log(`\n${table(['', 'sum MB', `of the goal, ${String(GOAL_MB)}`], sums)}\n\n${machine()}`);
} finally {
  await cleanup.run();
}

async function reading(from: 'build' | 'sources', after: 'story' | 'start'): Promise<{ name: string; mb: number }[]> {
  const dataDir = path.join(cleanup.folder('bench-memory'), 'data');
  const run = runCommand([after === 'story' ? 'demo' : 'dev'], { dataDir, port: await freePort(), from }, cleanup);
  await untilHolds(run, () => run.said().includes('Ctrl-C stops everything'), 240_000);
  await sleep(Number(options.rest) * 1_000);
  const rows = byName(processesOf(dataDir));
  await run.stop();
  return rows;
}

function byName(readings: readonly ProcessReading[]): { name: string; mb: number }[] {
  const sums = new Map<string, number>();
  for (const reading of readings) {
    const name = nameOf(reading);
    sums.set(name, (sums.get(name) ?? 0) + (reading.pssKiB * 1_024) / 1e6);
  }
  const counts = readings.filter(({ command }) => nameOf({ command }).startsWith('PostgreSQL')).length;
  return [...sums]
    .map(([name, mb]) => ({ name: name === 'PostgreSQL' ? `${name} (${String(counts)} processes)` : name, mb }))
    .sort((a, b) => b.mb - a.mb);
}
