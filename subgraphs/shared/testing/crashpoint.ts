/**
 * Places where a process may die, named so that a test can kill it exactly there and look whether the work is still done once.
 * Every place that calls `crashpoint` is listed here; crash tests go through this list.
 */
export const CRASHPOINTS = [
  'inbox.after-claim',
  'inbox.after-apply',
  'events.after-claim',
  'dispatcher.after-number',
  'effects.after-claim',
  'effects.after-send',
  'effects.after-settle',
  'timers.after-fire',
  'jobs.after-checkpoint',
  'clickhouse.after-insert',
  'recovery.link.after-mint',
] as const;
export type Crashpoint = (typeof CRASHPOINTS)[number];

export interface ArmedCrashpoint {
  readonly name: Crashpoint;
  /** Which passing dies, counted from 1. */
  readonly nth: number;
}

let armed: ArmedCrashpoint | null = null;
let passed = 0;

export function isCrashpoint(name: string): name is Crashpoint {
  return (CRASHPOINTS as readonly string[]).includes(name);
}

/** Called once at start with what config read. Config hands out a crash point only under the test flag, so none is ever armed in production. */
export function armCrashpoint(point: ArmedCrashpoint | null): void {
  armed = point;
  passed = 0;
}

/** Ends this process with SIGKILL, so that nothing is flushed or handed back, if this point is armed; otherwise does nothing. */
export function crashpoint(name: Crashpoint): void {
  if (armed?.name !== name) return;
  passed += 1;
  if (passed === armed.nth) process.kill(process.pid, 'SIGKILL');
}
