import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A watch, for durations. No clock: rates and pauses must not jump when a clock is set, and a TEST workspace's clock has nothing to do
 * with what a provider can bear.
 */
export interface Pace {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

export const machinePace: Pace = {
  now: () => performance.now(),
  sleep: async (ms) => {
    await sleep(ms);
  },
};
