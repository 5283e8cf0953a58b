/** A test clock moves at most this far in one call, in years, as Stripe's do; a mistyped century would otherwise run for hours. */
export const MAX_ADVANCE_YEARS = 2;

export type AdvanceRefusal = 'IN_THE_PAST' | 'TOO_FAR';

/** Why the clock cannot be moved to `to`, or null. Standing still is allowed: the job then only waits until nothing is in flight. */
export function refusalToAdvance(now: Date, to: Date): AdvanceRefusal | null {
  if (to < now) return 'IN_THE_PAST';
  const latest = new Date(now);
  latest.setUTCFullYear(latest.getUTCFullYear() + MAX_ADVANCE_YEARS);
  return to > latest ? 'TOO_FAR' : null;
}

/** The next stop on the way: the earliest instant after `now` at which something is due, never after `target`. What is due by `now` was done before. */
export function nextStop(now: Date, target: Date, dueAt: readonly (Date | null)[]): Date {
  return dueAt.reduce<Date>((best, due) => (due !== null && due > now && due < best ? due : best), target);
}
