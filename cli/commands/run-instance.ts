import { embeddedOptions } from '../embedded-options.ts';
import { untilAskedToStop } from '../embedded/signals.ts';
import { startEmbedded, type Embedded } from '../embedded/supervisor.ts';

const say = (line: string): void => {
  console.log(line);
};

/** 128 + SIGINT, as a shell says it. */
const INTERRUPTED = 130;

/**
 * Starts everything, with a line per engine, and does `work`; then ends everything in order: at once when the work says END, with Ctrl-C or
 * SIGTERM when it says STAY. These count at any moment: one that comes earlier ends it as well, since PostgreSQL would outlive us.
 */
export async function runInstance(work: (instance: Embedded) => Promise<'END' | 'STAY'>): Promise<never> {
  const stopping = new AbortController();
  const asked = untilAskedToStop().then(() => {
    say('\nStopping…');
    stopping.abort();
  });
  const instance = await startWithProgress().catch((error: unknown) => {
    // Ctrl-C reaches every process of a terminal, and a child that is just being loaded ends by it.
    if (stopping.signal.aborted) process.exit(INTERRUPTED);
    throw error;
  });
  try {
    const working = stopping.signal.aborted ? asked : work(instance);
    working.catch(() => undefined); // It may still be under way when we are asked to stop, and then fails unheard.
    const then = await Promise.race([working, asked]);
    if (then === undefined) process.exitCode = INTERRUPTED;
    if (then === 'STAY') await asked;
  } finally {
    await instance.stop();
  }
  process.exit();
}

async function startWithProgress(): Promise<Embedded> {
  return startEmbedded(
    embeddedOptions({
      onProgress: (line) => {
        say(`  ✓ ${line}`);
      },
      onNotice: (notice) => {
        say(`  ! ${notice}`);
      },
    }),
  );
}
