import type { Pace } from '../pace.ts';

export interface VirtualPace extends Pace {
  /** Until somebody has to be woken; Infinity while nobody sleeps. */
  readonly nextInMs: number;
  /** Lets this much time pass, waking each sleeper at its moment and letting it do what follows. */
  pass(ms: number): Promise<void>;
}

const settled = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
};

/** A watch that is moved by hand, so that minutes of waiting take no time. */
export function virtualPace(): VirtualPace {
  let now = 0;
  let sleepers: { at: number; wake: () => void }[] = [];
  const nextAt = (): number => Math.min(...sleepers.map(({ at }) => at));
  return {
    now: () => now,
    get nextInMs() {
      return nextAt() - now;
    },
    sleep: (ms) =>
      new Promise((wake) => {
        sleepers.push({ at: now + ms, wake });
      }),
    pass: async (ms) => {
      const until = now + ms;
      await settled();
      for (;;) {
        const next = nextAt();
        if (next > until) break;
        now = Math.max(now, next);
        const awake = sleepers.filter(({ at }) => at <= now);
        sleepers = sleepers.filter(({ at }) => at > now);
        for (const { wake } of awake) wake();
        await settled();
      }
      now = Math.max(now, until);
    },
  };
}
