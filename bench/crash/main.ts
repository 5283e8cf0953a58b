import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inspect, parseArgs } from 'node:util';
import pg from 'pg';
import { prepareEngines } from '#cli/prepare-engines.ts';
import { startEmbedded, type Embedded } from '#cli/embedded/supervisor.ts';
import { machine } from '../support/machine.ts';
import { build, built } from '../support/product.ts';
import { Cleanup } from '../support/scratch.ts';
import { Killer, total, writePlan } from './killer.ts';
import { tell, type Told } from './story.ts';
import { wrongIn } from './verify.ts';

/*
 * Kills the built web and worker processes with SIGKILL, at random instants and at the named crash points, while failed renewals are recovered
 * again and again; then lets all come to rest and looks whether anything was lost or done twice, at the sandbox and with us.
 */

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '60' },
    /** The kills end after this time at the latest, however many there were. */
    minutes: { type: 'string', default: '10' },
    /** Stories under way at any time. */
    stories: { type: 'string', default: '3' },
    seed: { type: 'string' },
  },
});
const seed = Number(options.seed ?? randomInt(1_000_000));
const cleanup = new Cleanup();

try {
  build();
  const folder = cleanup.folder('bench-crash');
  writePlan(folder, seed, true);
  const instance = await start(folder);
  const admin = new pg.Pool({ connectionString: instance.info.postgres.adminUrl, max: 2 });
  admin.on('error', () => undefined);
  cleanup.add(() => admin.end());
  console.log(`seed ${String(seed)}; ${machine()}\n`);

  writePlan(folder, seed, false);
  const killer = new Killer(instance, seed);
  const startedAt = Date.now();
  const goesOn = (): boolean =>
    total(killer.kills) < Number(options.kills) && Date.now() - startedAt < Number(options.minutes) * 60_000;
  const told: Told[] = [];
  const lost: string[] = [];
  let askedAgain = 0;
  const lanes = Array.from({ length: Number(options.stories) }, (_, lane) =>
    tellWhile(goesOn, async () => {
      const at = { step: '' };
      try {
        told.push(
          await tell(instance, {
            step: (name) => void (at.step = name),
            askedAgain: () => void (askedAgain += 1),
            disturbed: goesOn,
          }),
        );
        console.log(
          `  story ${String(told.length)} told in lane ${String(lane + 1)}, ${String(total(killer.kills))} kills so far`,
        );
      } catch (error) {
        console.log(`  a story was not told to the end: ${at.step}`);
        lost.push(`lost at "${at.step}": ${inspect(error)}`);
      }
    }),
  );
  while (goesOn()) await sleep(200);
  writePlan(folder, seed, true); // The last life that was armed may still die; those after it are left alone.
  await killer.stop();
  await Promise.all(lanes);
  await sleep(5_000);

  const wrong = [...lost];
  for (const story of told) wrong.push(...(await wrongIn(story, admin)).map((what) => `${story.workspaceId}: ${what}`));
  for (const what of wrong) console.log(`WRONG  ${what}`);
  const { counts } = killer.kills;
  console.log(
    `\n${String(total(killer.kills))} kills: ${JSON.stringify(counts)}; ${String(told.length)} stories told, ${String(lost.length)} not told to the end; ${String(askedAgain)} jobs asked for again`,
  );
  console.log(
    `${wrong.length === 0 ? '0 lost, 0 repeated' : `${String(wrong.length)} findings`}; ${((Date.now() - startedAt) / 60_000).toFixed(1)} minutes; repeat with --seed ${String(seed)}`,
  );
  if (wrong.length > 0 || told.length === 0) process.exitCode = 1;
} finally {
  await cleanup.run();
}

async function start(folder: string): Promise<Embedded> {
  const dataDir = path.join(folder, 'data');
  mkdirSync(dataDir, { mode: 0o711 });
  const instance = await startEmbedded({
    dataDir,
    port: 0,
    modules: {
      web: built('cli/embedded/web.js'),
      worker: fileURLToPath(new URL('armed-worker.mjs', import.meta.url)),
      sandbox: built('sandbox/main.js'),
    },
    env: { LOG_LEVEL: 'error', OPPULENCE_EFFECT_LEASE_MS: '2000', BENCH_CRASH_FOLDER: folder },
    prepare: async (environment) => prepareEngines(await environment),
  });
  cleanup.add(() => instance.stop());
  return instance;
}

/** One story after the other; the first in any case. */
async function tellWhile(goesOn: () => boolean, story: () => Promise<void>): Promise<void> {
  do await story();
  while (goesOn());
}
