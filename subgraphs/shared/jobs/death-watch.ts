import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { SystemDb } from '../db/system.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../time/clock.ts';

/** A death is remembered this long: no supervisor waits longer before it starts a worker again. */
const REMEMBERED_MS = 15 * 60_000;

/**
 * Whether workers have died of late. Work of one transaction leaves no trace of who was at it when its process was killed, and to note it each
 * time would cost all of it a commit more. So that is done only while somebody has died: what is taken up then is noted before (its
 * `interruptions` go up), is nobody else's until the lease is over, and what was noted and is found again is tried alone.
 */
export interface DeathWatch {
  readonly diedLately: () => boolean;
  /** How long a silent holder is believed to be alive. */
  readonly leaseMs: number;
}

/** However often: longer than a supervisor waits at most, so that what is due besides is done between two deaths. */
const MOST_DOUBLINGS = 5;

/** Until when work is nobody else's. What was broken off is left alone for longer each time: it would keep all else from being done. */
export function heldUntil({ leaseMs }: Pick<DeathWatch, 'leaseMs'>, now: Date, interruptions: number): Date {
  return new Date(now.getTime() + leaseMs * 2 ** Math.min(interruptions, MOST_DOUBLINGS));
}

export interface WatchedLife extends DeathWatch {
  /** Until this process is known to live, and knows who has died, it should take up nothing. */
  readonly begun: Promise<void>;
  /** Ends without a death. */
  close(): Promise<void>;
}

interface WatchDeps {
  readonly system: Pick<SystemDb, 'query'>;
  readonly wall: Clock;
  readonly log: Logger;
  readonly leaseMs: number;
}

const BEAT = `
  WITH alive AS (
    INSERT INTO kernel.worker (instance, seen_at) VALUES ($1, $2) ON CONFLICT (instance) DO UPDATE SET seen_at = EXCLUDED.seen_at
  ), forgotten AS (
    DELETE FROM kernel.worker WHERE instance <> $1 AND seen_at <= $4
  )
  SELECT EXISTS (SELECT FROM kernel.worker WHERE instance <> $1 AND seen_at <= $3 AND seen_at > $4) AS somebody_died`;

/** This process tells that it lives, three times a lease, and learns who does so no more. */
export function watchDeaths({ system, wall, log, leaseMs }: WatchDeps): WatchedLife {
  const instance = randomUUID();
  const closing = new AbortController();
  let died = false;
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));

  async function beat(): Promise<void> {
    const now = wall.now();
    const ago = (ms: number): Date => new Date(now.getTime() - ms);
    const [found] = await system.query<{ somebody_died: boolean }>(BEAT, [
      instance,
      now,
      ago(leaseMs),
      ago(REMEMBERED_MS),
    ]);
    const seen = found?.somebody_died === true;
    if (seen && !died) log.warn({}, 'a worker has died: for a while, what is taken up is noted before it is done');
    died = seen;
    begin();
  }

  async function live(): Promise<void> {
    while (!closing.signal.aborted) {
      await beat().catch((error: unknown) => {
        log.warn({ err: error }, 'could not tell that this worker lives; trying again');
      });
      await pause(leaseMs / 3, undefined, { signal: closing.signal, ref: false }).catch(() => undefined);
    }
    begin();
    await system.query('DELETE FROM kernel.worker WHERE instance = $1', [instance]).catch(() => undefined);
  }

  const done = live();
  return {
    diedLately: () => died,
    leaseMs,
    begun,
    close: async () => {
      closing.abort();
      await done;
    },
  };
}
