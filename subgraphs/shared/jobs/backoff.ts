/**
 * When trouble is tried again: 0.5 s, doubled each time, at most 5 minutes, with up to a fifth of jitter so that what failed together
 * doesn't come back together. `random` is in [0, 1).
 */
export function retryAt(now: Date, attempts: number, random: number = Math.random()): Date {
  const base = Math.min(500 * 2 ** Math.max(0, attempts - 1), 300_000);
  return new Date(now.getTime() + Math.round(base * (1 + random / 5)));
}
