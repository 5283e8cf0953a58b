import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { built } from './product.ts';
import { ROOT } from './root.ts';
import type { Cleanup } from './scratch.ts';

export interface RunningCommand {
  readonly process: ChildProcess;
  /** All that it printed so far. */
  said(): string;
  /** Ctrl-C; resolves when it has ended. */
  stop(): Promise<void>;
}

/** `oppulence COMMAND` as a person starts it, from the build or from the sources, on a data folder and a port. */
export function runCommand(
  command: readonly string[],
  options: { readonly dataDir: string; readonly port: number; readonly from?: 'build' | 'sources' },
  cleanup: Cleanup,
): RunningCommand {
  const logFile = `${options.dataDir}.log`;
  const log = openSync(logFile, 'w');
  const program = options.from === 'sources' ? path.join(ROOT, 'cli/bin.mjs') : built('cli/main.js');
  const child = spawn(process.execPath, [program, ...command], {
    cwd: ROOT,
    env: { ...process.env, OPPULENCE_DATA_DIR: options.dataDir, PORT: String(options.port) },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
    await ended;
  };
  cleanup.add(stop);
  return { process: child, said: () => readFileSync(logFile, 'utf8'), stop };
}

/** Polls until it holds. @throws with what the command printed when it ends or takes too long. */
export async function untilHolds(
  run: RunningCommand,
  holds: () => Promise<boolean> | boolean,
  withinMs: number,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (run.process.exitCode !== null || Date.now() > deadline) throw new Error(`It did not get there:\n${run.said()}`);
    await sleep(20);
  }
}
