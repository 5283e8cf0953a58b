/** Seconds before the last time everything had been told, from which is asked again: events of that very second, and late ones, are among them. */
const OVERLAP_S = 3_600;
const DAY_S = 86_400;

export type CatchUpPlan =
  /** Ask for the events from this second on. */
  | { readonly since: number }
  /** Stripe no longer has all the events of the time between: everything has to be read. */
  | { readonly relist: true };

/** `caughtUpTo` and `now` are Stripe's seconds; null when nothing was ever caught up with. */
export function planCatchUp(caughtUpTo: number | null, now: number, keptDays: number): CatchUpPlan {
  if (caughtUpTo === null || now - caughtUpTo > keptDays * DAY_S - OVERLAP_S) return { relist: true };
  return { since: Math.max(0, caughtUpTo - OVERLAP_S) };
}
