import { randomUUID } from 'node:crypto';
import type { SystemDb } from '../db/system.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../time/clock.ts';
import { createHealthBook, type HealthRecord } from './health-book.ts';
import type { ProviderListener } from './listener.ts';

/** Counts are written at most this often. */
const FLUSH_MS = 5_000;
/** Every so often also what did not change: counts that run out, and an open breaker, which shows that its process lives. */
const HEARTBEAT_MS = 15_000;
/** A breaker's move is written this soon: long enough for moves that come together. */
const TRANSITION_MS = 50;
/** Rows of processes that are gone are of use for when the last success was. */
const KEEP_MS = 7 * 86_400_000;
const CLEAN_MS = 3_600_000;

export interface HealthRecorder {
  readonly listener: ProviderListener;
  /** Writes what there is. @throws when the database cannot take it; it is kept for the next time. */
  flush(options?: { readonly all?: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface HealthRecorderDeps {
  readonly system: SystemDb;
  readonly wall: Clock;
  readonly log: Logger;
  /** Which process this is; a new name for each unless told. */
  readonly instance?: string;
}

/** Makes visible to every process how providers fare in this one. Never on the way of a call: it listens, and writes by timer. */
export function startHealthRecorder(deps: HealthRecorderDeps): HealthRecorder {
  const { system, wall, log, instance = randomUUID() } = deps;
  let soon: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  const book = createHealthBook({
    wall,
    onTransition: () => {
      soon ??= setTimeout(() => {
        soon = undefined;
        tick(false);
      }, TRANSITION_MS).unref();
    },
  });

  /** One write after the other, so that an older state cannot overwrite a newer one. */
  async function flush({ all = false } = {}): Promise<void> {
    const write = writing.then(async () => {
      const records = book.take({ all });
      if (records.length === 0) return;
      try {
        await save(system, instance, records, wall.now());
      } catch (error) {
        book.putBack(records);
        throw error;
      }
    });
    writing = write.catch(() => undefined);
    return write;
  }

  function tick(all: boolean): void {
    flush({ all }).catch((error: unknown) => {
      log.warn({ err: error }, 'how providers fare could not be written; it will be tried again');
    });
  }

  const timers = [
    setInterval(() => {
      tick(false);
    }, FLUSH_MS),
    setInterval(() => {
      tick(true);
    }, HEARTBEAT_MS),
    setInterval(() => {
      forgetOld(system, wall.now()).catch(() => undefined);
    }, CLEAN_MS),
  ].map((timer) => timer.unref());

  return {
    listener: book.listener,
    flush,
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      clearTimeout(soon);
      await flush().catch(() => undefined);
      await writing;
    },
  };
}

const SAVE = `
  INSERT INTO kernel.provider_health (workspace_id, provider, account, instance, breaker, since, probe_at, budget_exhausted, last_success_at,
    last_failure_at, last_failure_kind, calls, failures, retries, rate_limited, held_back, updated_at)
  SELECT r."workspaceId", r.provider, r.account, $2, r.breaker, r.since, r."probeAt", r."budgetExhausted", r."lastSuccessAt",
    r."lastFailureAt", r."lastFailureKind", r.calls, r.failures, r.retries, r."rateLimited", r."heldBack", $3
  FROM jsonb_to_recordset($1::jsonb) AS r("workspaceId" text, provider text, account text, breaker text, since timestamptz, "probeAt" timestamptz,
    "budgetExhausted" boolean, "lastSuccessAt" timestamptz, "lastFailureAt" timestamptz, "lastFailureKind" text, calls int, failures int,
    retries int, "rateLimited" int, "heldBack" int)
  ON CONFLICT (workspace_id, provider, account, instance) DO UPDATE SET
    breaker = EXCLUDED.breaker, since = coalesce(EXCLUDED.since, provider_health.since), probe_at = EXCLUDED.probe_at, budget_exhausted = EXCLUDED.budget_exhausted,
    last_success_at = coalesce(EXCLUDED.last_success_at, provider_health.last_success_at),
    last_failure_at = coalesce(EXCLUDED.last_failure_at, provider_health.last_failure_at),
    last_failure_kind = coalesce(EXCLUDED.last_failure_kind, provider_health.last_failure_kind),
    calls = EXCLUDED.calls, failures = EXCLUDED.failures, retries = EXCLUDED.retries, rate_limited = EXCLUDED.rate_limited,
    held_back = EXCLUDED.held_back, updated_at = EXCLUDED.updated_at`;

async function save(system: SystemDb, instance: string, records: readonly HealthRecord[], now: Date): Promise<void> {
  await system.query(SAVE, [JSON.stringify(records), instance, now]);
}

async function forgetOld(system: SystemDb, now: Date): Promise<void> {
  await system.query('DELETE FROM kernel.provider_health WHERE updated_at < $1', [new Date(now.getTime() - KEEP_MS)]);
}
