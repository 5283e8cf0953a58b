import type { SystemDb } from '../db/system.ts';
import type { Lane } from '../jobs/lane.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../time/clock.ts';
import {
  eventsStillNeeded,
  forgetDeliveries,
  forgetIdempotencyKeys,
  forgetNumbers,
  forgetTimers,
  forgetUnrouted,
  hasUncopiedEvents,
} from './leftovers.ts';
import { type Log, makePartitions, retirePartition } from './partitions.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Months are made this long before they begin: time enough for a person, should nothing make them any more. */
const AHEAD_MS = 92 * DAY_MS;

/** How long what came in and what happened is kept, in days at least: a month is dropped when all of it is older. */
export interface Retention {
  /** Bodies of deliveries that were applied or ignored, and all those that belong to no workspace. What was not applied stays. */
  readonly inboxDays: number;
  /** That a delivery is known. */
  readonly inboxKeyDays: number;
  /** Events. What a consumer has not seen yet, or has given up, stays. */
  readonly eventLogDays: number;
  /** Timers that were fired or canceled. */
  readonly timerDays: number;
}

export interface RetentionDeps {
  readonly system: SystemDb;
  readonly wall: Clock;
  readonly log: Logger;
  readonly retention: Retention;
  /** Up to which position the event log is copied elsewhere: nothing past it is dropped. */
  readonly copiedUpTo: () => Promise<bigint>;
}

/** Retention is of the installation. */
const ALL = 'all';

/** Every hour, and when a process starts: makes the coming months of the inbox and the event log, and drops those that are old enough, and what else is over. */
export function retentionLane(deps: RetentionDeps): Lane {
  let nextAt = new Date(0);
  return {
    name: 'retention',
    drain: () => keepWithin(deps),
    due: () => {
      const now = deps.wall.now();
      if (now < nextAt) return Promise.resolve([]);
      nextAt = new Date(now.getTime() + HOUR_MS);
      return Promise.resolve([{ workspaceId: ALL }]);
    },
  };
}

/** Each step goes by what is there, so that a run that broke off is completed by the next one. */
export async function keepWithin(deps: RetentionDeps): Promise<void> {
  const { system, wall, log, retention } = deps;
  const now = wall.now().getTime();
  const before = (days: number): Date => new Date(now - days * DAY_MS);

  const made = await makePartitions(system, new Date(now + AHEAD_MS));
  if (made.length > 0) log.info({ partitions: made }, 'partitions were made');

  await retire(deps, 'inbox_event', before(retention.inboxDays), []);
  const logBefore = before(retention.eventLogDays);
  if (await hasUncopiedEvents(system, logBefore, await deps.copiedUpTo()))
    log.warn({ before: logBefore }, 'old events are kept because they are not copied to ClickHouse yet');
  else await retire(deps, 'event', logBefore, await eventsStillNeeded(system, logBefore));

  const unrouted = await forgetUnrouted(system, before(retention.inboxDays));
  const timers = await forgetTimers(system, before(retention.timerDays));
  const idempotencyKeys = await forgetIdempotencyKeys(system, wall.now());
  if (unrouted + timers + idempotencyKeys > 0)
    log.info({ unrouted, timers, idempotencyKeys }, 'what was over was forgotten');
  const numbers = await forgetNumbers(system);
  const deliveries = await forgetDeliveries(system, before(retention.inboxKeyDays));
  if (numbers + deliveries > 0) log.info({ numbers, deliveries }, 'what belonged to dropped rows was forgotten');
}

async function retire({ system, log }: RetentionDeps, of: Log, before: Date, keep: readonly string[]): Promise<void> {
  for (;;) {
    const partition = await retirePartition(system, of, before, keep);
    if (partition === null) return;
    log.info({ partition, before, kept: keep.length }, 'a partition was dropped: all of it is older than is kept');
  }
}
