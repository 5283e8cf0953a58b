import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '#cli/embedded/postgres.ts';
import { graphAt } from '#cli/graph.ts';
import { runCommand, untilHolds } from './support/instance.ts';
import { machine } from './support/machine.ts';
import { figure, median, spread, table } from './support/numbers.ts';
import { nameOf, processesOf, type ProcessReading } from './support/proc.ts';
import { build, built } from './support/product.ts';
import { Cleanup } from './support/scratch.ts';
import { freePort } from './support/server.ts';

/*
 * From `oppulence dev` on the build to the first answered query, on an empty data folder and on an existing one. The floor of the same round is
 * what no start can do without: PostgreSQL alone, on an empty folder or its existing one, and then a Node process that loads the web
 * process's modules. CPU seconds are all that was used until then: half of them is the least a two-core machine can take.
 */

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } });
const GOALS_S = { empty: 5, existing: 3 } as const;
type Folder = keyof typeof GOALS_S;

const cleanup = new Cleanup();
const readings: Record<Folder, { floorS: number[]; oursS: number[]; cpuS: number[] }> = {
  empty: { floorS: [], oursS: [], cpuS: [] },
  existing: { floorS: [], oursS: [], cpuS: [] },
};
try {
  build();
  for (let round = 1; round <= Number(options.rounds); round += 1) {
    const scratch = cleanup.folder('bench-start');
    for (const folder of ['empty', 'existing'] as const) {
      const floorS = await floor(path.join(scratch, 'floor'));
      const ours = await start(path.join(scratch, 'ours'));
      readings[folder].floorS.push(floorS);
      readings[folder].oursS.push(ours.wallS);
      readings[folder].cpuS.push(ours.cpuS);
      console.log(
        `round ${String(round)}  ${folder.padEnd(8)}  floor ${figure(floorS)} s  ours ${figure(ours.wallS)} s  CPU ${figure(ours.cpuS)} s\n${ours.steps}`,
      );
    }
  }
  report();
} finally {
  await cleanup.run();
}

async function floor(dataDir: string): Promise<number> {
  const startedAt = performance.now();
  const postgres = await startPostgres({ dataDir });
  spawnSync(process.execPath, [built('cli/embedded/web.js')], { env: {} }); // Ends at once, for want of a configuration.
  const tookS = (performance.now() - startedAt) / 1_000;
  await postgres.stop();
  return tookS;
}

async function start(dataDir: string): Promise<{ wallS: number; cpuS: number; steps: string }> {
  const port = await freePort();
  const startedAt = performance.now();
  const run = runCommand(['dev'], { dataDir, port }, cleanup);
  await untilHolds(run, () => answers(port, dataDir), 120_000);
  const wallS = (performance.now() - startedAt) / 1_000;
  const used = processesOf(dataDir);
  const cpuS = used.reduce((sum, reading) => sum + reading.cpuS, 0);
  await untilHolds(run, () => run.said().includes('Next:'), 60_000);
  const steps = [
    ...run
      .said()
      .split('\n')
      .filter((line) => line.includes('✓')),
    cpuByPart(used),
  ].join('\n');
  await run.stop();
  return { wallS, cpuS, steps };
}

/** A query that goes through the gateway's plan into a subgraph. */
async function answers(port: number, dataDir: string): Promise<boolean> {
  try {
    const token = readFileSync(path.join(dataDir, 'operator.token'), 'utf8').trim();
    const { viewer } = await graphAt(`http://127.0.0.1:${String(port)}/graphql`, token).run<{
      viewer: { kind: string };
    }>('{ viewer { kind } }');
    return viewer.kind === 'OPERATOR';
  } catch {
    return false; // Not yet.
  }
}

function cpuByPart(used: readonly ProcessReading[]): string {
  const parts = new Map<string, number>();
  for (const reading of used) parts.set(nameOf(reading), (parts.get(nameOf(reading)) ?? 0) + reading.cpuS);
  return `  CPU s: ${[...parts].map(([name, cpuS]) => `${name} ${cpuS.toFixed(2)}`).join(', ')}`;
}

function report(): void {
  const rows = Object.entries(readings).map(([folder, { floorS, oursS, cpuS }]) => {
    const ratio = median(oursS.map((ours, round) => ours / (floorS[round] ?? NaN)));
    return [
      folder,
      spread(oursS),
      spread(floorS),
      `${figure(ratio)}x`,
      figure(median(cpuS)),
      `${String(GOALS_S[folder as Folder])} s`,
    ];
  });
  console.log(
    `\n${table(['data folder', 'first answer s', 'floor s', 'ratio', 'CPU s', 'goal'], rows)}\n\n${machine()}`,
  );
}
