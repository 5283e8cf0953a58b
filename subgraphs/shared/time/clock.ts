/**
 * Where instants come from. Wall time is real time: signatures, tokens, locks, leases. Business time is what a customer
 * would call time (due dates, waits, periods); it differs from wall time in a TEST workspace whose clock was moved.
 * Nothing but systemClock reads the machine's clock.
 */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

export interface ManualClock extends Clock {
  /** Jumps to an instant, also backwards, as a machine's clock may. */
  set(to: Date | string): void;
  advance(by: { days?: number; hours?: number; minutes?: number; seconds?: number; ms?: number }): void;
}

/** A clock that stands still until it is moved: for tests. */
export function manualClock(start: Date | string): ManualClock {
  let at = instantMs(start);
  return {
    now: () => new Date(at),
    set(to): void {
      at = instantMs(to);
    },
    advance({ days = 0, hours = 0, minutes = 0, seconds = 0, ms = 0 }): void {
      at += (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + ms;
    },
  };
}

function instantMs(value: Date | string): number {
  const ms = new Date(value).getTime();
  if (Number.isNaN(ms)) throw new RangeError(`not an instant: ${String(value)}`);
  return ms;
}
