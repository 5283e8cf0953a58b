import type { WorkerContexts } from '#subgraphs/shared/db/contexts.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import type { Lane } from '#subgraphs/shared/jobs/lane.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';
import { catchUpJob, compareJob, readLedgerJob } from './jobs.ts';
import type { CredentialsPort } from './ports.ts';
import {
  dropSchedule,
  dueSchedules,
  findSchedule,
  moveSchedule,
  type NextTimes,
  type SyncSchedule,
} from './repositories/sync-schedule.ts';

const HOUR_MS = 3_600_000;
/** Stripe tells of an event again for three days; asked each hour, one that never came is an hour late at the most. */
const CATCH_UP_EVERY_MS = HOUR_MS;
const COMPARE_EVERY_MS = 24 * HOUR_MS;
/** At the latest: what is heard to have moved the balance hastens it. Fees and adjustments are told of by nothing. */
const READ_LEDGER_EVERY_MS = HOUR_MS;
/** While one is under way, which may be past what is asked for, the next one waits. */
const READ_LEDGER_AGAIN_MS = 30_000;

export interface SyncLaneDeps {
  readonly contexts: WorkerContexts;
  readonly system: SystemDb;
  readonly credentials: CredentialsPort;
  readonly wall: Clock;
}

/** Starts what repeats: catching up with each connection and reading its ledger every hour, comparing the copy with it every day. Wall time. */
export function syncLane(deps: SyncLaneDeps): Lane {
  return {
    name: 'sync',
    drain: async (workspaceId, connectionId) => {
      if (connectionId === undefined) return;
      const ctx = await deps.contexts.of(workspaceId, 'sync');
      const isActive = (await deps.credentials.stripe(ctx, connectionId)) !== null;
      await ctx.transaction(async (tx) => {
        const schedule = await findSchedule(tx.db, workspaceId, connectionId);
        if (schedule === null) return;
        if (!isActive) {
          await dropSchedule(tx.db, workspaceId, connectionId);
          return;
        }
        const now = deps.wall.now();
        const later = (ms: number): Date => new Date(now.getTime() + ms);
        const move = (next: NextTimes): Promise<void> => moveSchedule(tx.db, workspaceId, connectionId, next);
        const options = { uniqueKey: connectionId };
        if (schedule.nextCatchUpAt <= now) {
          await tx.enqueueJob(catchUpJob, { connectionId }, options);
          await move({ nextCatchUpAt: later(CATCH_UP_EVERY_MS) });
        }
        if (schedule.nextCompareAt <= now) {
          await tx.enqueueJob(compareJob, { connectionId }, options);
          await move({ nextCompareAt: later(COMPARE_EVERY_MS) });
        }
        if (schedule.nextLedgerAt <= now) {
          const { created } = await tx.enqueueJob(readLedgerJob, { connectionId }, options);
          await move({ nextLedgerAt: later(created ? READ_LEDGER_EVERY_MS : READ_LEDGER_AGAIN_MS) });
        }
      });
    },
    due: async () =>
      (await dueSchedules(deps.system, deps.wall.now())).map(({ workspaceId, connectionId }) => ({
        workspaceId,
        detail: connectionId,
      })),
  };
}

/** The first times, from when the connection is made: what it then has is read by the backfill. */
export function firstSchedule(now: Date): SyncSchedule {
  return {
    caughtUpTo: now,
    ledgerReadTo: now,
    nextCatchUpAt: new Date(now.getTime() + CATCH_UP_EVERY_MS),
    nextCompareAt: new Date(now.getTime() + COMPARE_EVERY_MS),
    nextLedgerAt: new Date(now.getTime() + READ_LEDGER_EVERY_MS),
  };
}
