import { setTimeout as pause } from 'node:timers/promises';
import { type Pause, pauseAfter } from '#subgraphs/shared/batching/pause-after.ts';
import { retryAt } from '#subgraphs/shared/jobs/backoff.ts';
import type { Lane } from '#subgraphs/shared/jobs/lane.ts';
import { shipEvents, type ShipDeps } from './use-cases/ship-events.ts';

/** One insert into ClickHouse per batch: large enough to be cheap there, small enough to repeat after a crash. */
const BATCH = 1_000;

/** Between two inserts, in ms. */
const GATHER_MS = 250;
/** So many events at once are steady traffic: more will come. */
const STEADY = 20;
/** The same under steady traffic: numbers may be late by 5 s. */
const STEADY_GATHER: Pause = { times: 10, least: 1_000, most: 2_000 };

/** The shipper works over all workspaces at once: they share a cursor. */
const ALL = 'all';

/**
 * Ships events when it is woken, and every second to say that nothing is left. While ClickHouse is away it tries again with growing pauses
 * (0.5 s to 5 min) and loses nothing: the cursor stays where it is.
 */
export function shipLane(deps: ShipDeps): Lane {
  let failures = 0;
  let pausedUntil = new Date(0);
  const paused = (): boolean => deps.wall.now() < pausedUntil;
  return {
    name: 'ship',
    drain: async (): Promise<void> => {
      if (paused()) return;
      const began = performance.now();
      try {
        let shipped = BATCH;
        while (shipped === BATCH) shipped = await shipEvents(deps, { limit: BATCH });
        failures = 0;
        // Inserts are few and large that way: what happens meanwhile is shipped together, by the wake-up that waits behind this one.
        if (shipped > 0)
          await pause(shipped < STEADY ? GATHER_MS : pauseAfter(performance.now() - began, STEADY_GATHER));
      } catch (error) {
        failures += 1;
        deps.metrics?.count('ship_failures_total', {});
        pausedUntil = retryAt(deps.wall.now(), failures);
        deps.log.warn({ err: error, failures, pausedUntil }, 'events could not be shipped to ClickHouse; they will be');
      }
    },
    due: () => Promise.resolve(paused() ? [] : [{ workspaceId: ALL }]),
  };
}
