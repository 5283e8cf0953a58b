import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { runCommand, untilHolds } from './support/instance.ts';
import { machine } from './support/machine.ts';
import { table } from './support/numbers.ts';
import { aloneKiB, nameOf, processesOf, type ProcessReading } from './support/proc.ts';
import { build } from './support/product.ts';
import { Cleanup } from './support/scratch.ts';
import { freePort } from './support/server.ts';

/*
 * What the whole product takes of the machine's memory: proportional set size (shared pages counted by shares) over all of its processes, after a
 * minute at rest; beside it what that is with nobody else on the machine, which is what counts: other work may have the same libraries mapped.
 * `--from build` is what is shipped and what `make demo` runs, `--from sources` what `node cli/bin.mjs demo` does; `--after start` leaves the story out.
 */

const { values: options } = parseArgs({
  options: {
    from: { type: 'string', default: 'build,sources' },
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
      const total = rows.reduce((sum, { alone }) => sum + alone, 0);
      const pss = rows.reduce((sum, { mb }) => sum + mb, 0);
      console.log(`\n${from}, ${options.rest} s after the ${after}\n`);
      console.log(
        table(
          ['process', 'PSS MB', 'alone'],
          rows.map(({ name, mb, alone }) => [name, mb.toFixed(0), alone.toFixed(0)]),
        ),
      );
      sums.push([`${from}, after the ${after}`, pss.toFixed(0), total.toFixed(0), `${(total / GOAL_MB).toFixed(2)}x`]);
    }
  }
  console.log(`\n${table(['', 'PSS MB', 'alone', `of the goal, ${String(GOAL_MB)}`], sums)}\n\n${machine()}`);
} finally {
  await cleanup.run();
}

async function reading(from: 'build' | 'sources', after: 'story' | 'start'): Promise<Share[]> {
  const dataDir = path.join(cleanup.folder('bench-memory'), 'data');
  const run = runCommand([after === 'story' ? 'demo' : 'dev'], { dataDir, port: await freePort(), from }, cleanup);
  await untilHolds(run, () => run.said().includes('Ctrl-C stops everything'), 240_000);
  await sleep(Number(options.rest) * 1_000);
  const rows = byName(processesOf(dataDir));
  await run.stop();
  return rows;
}

interface Share {
  readonly name: string;
  readonly mb: number;
  readonly alone: number;
}

function byName(readings: readonly ProcessReading[]): Share[] {
  const alone = aloneKiB(readings.map(({ pid }) => pid));
  const sums = new Map<string, Omit<Share, 'name'>>();
  for (const reading of readings) {
    const name = nameOf(reading);
    const before = sums.get(name) ?? { mb: 0, alone: 0 };
    sums.set(name, {
      mb: before.mb + (reading.pssKiB * 1_024) / 1e6,
      alone: before.alone + ((alone.get(reading.pid) ?? 0) * 1_024) / 1e6,
    });
  }
  const counts = readings.filter(({ command }) => nameOf({ command }).startsWith('PostgreSQL')).length;
  return [...sums]
    .map(([name, sum]) => ({ name: name === 'PostgreSQL' ? `${name} (${String(counts)} processes)` : name, ...sum }))
    .sort((a, b) => b.alone - a.alone);
}
