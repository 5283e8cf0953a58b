import type pg from 'pg';
import type { ClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import { migrateClickHouse } from '#subgraphs/shared/clickhouse/migrate.ts';
import { createTestClickHouse } from '#subgraphs/shared/clickhouse/tests/test-clickhouse.ts';
import type { StoredEvent } from '#subgraphs/shared/events/define.ts';
import { createEventStream } from '#subgraphs/shared/events/stream.ts';
import { systemIds } from '#subgraphs/shared/ids/ids.ts';
import type { Json } from '#subgraphs/shared/json/json.ts';
import { silentLogger } from '#subgraphs/shared/logging/logger.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import type { ManualClock } from '#subgraphs/shared/time/clock.ts';
import { analyticsMigrations } from '../clickhouse/migrations/index.ts';
import type { CasesPort, MirrorPort } from '../ports.ts';
import type { ShipDeps } from '../use-cases/ship-events.ts';
import { summarizeRecovery, type RecoverySummary, type SummarizeRecovery } from '../use-cases/summarize-recovery.ts';

export const ids = systemIds;

/** For tests that compare nothing. */
export const NO_MIRROR: MirrorPort = {
  kinds: [],
  figures: () => Promise.resolve([]),
  idsOf: () => Promise.resolve([]),
  objects: () => Promise.resolve([]),
};

export const NO_CASES: CasesPort = {
  figures: () => Promise.resolve([]),
  idsOf: () => Promise.resolve([]),
  cases: () => Promise.resolve([]),
};

export type NewStoredEvent = Pick<StoredEvent, 'workspaceId' | 'type' | 'subjectId' | 'occurredAt'> & {
  readonly payload: Json;
};

/** ClickHouse and PostgreSQL as analytics sees them, with an event log that a test writes itself. */
export interface AnalyticsWorld extends Pick<Harness, 'system' | 'wall'> {
  readonly ch: ClickHouse;
  readonly harness: Harness;
  readonly ship: ShipDeps;
  /** Appends numbered events, in this order. */
  append(events: readonly NewStoredEvent[]): Promise<void>;
  /** Moves the shipper's cursor back, as if it had died before writing it. */
  rewind(position: bigint): Promise<void>;
  position(): Promise<bigint>;
  summary(workspaceId: string, now: Date, input?: SummarizeRecovery): Promise<RecoverySummary>;
  close(): Promise<void>;
}

export async function createAnalyticsWorld(): Promise<AnalyticsWorld> {
  const harness = await createHarness();
  const { system, admin, wall } = harness;
  const ch = await createTestClickHouse();
  await migrateClickHouse(ch, analyticsMigrations);
  const append = eventAppender(admin, wall);
  return {
    ch,
    harness,
    system,
    wall,
    append,
    ship: { stream: createEventStream(system), system, clickhouse: ch, wall, log: silentLogger },
    rewind: async (position): Promise<void> => {
      await admin.query('UPDATE analytics.ship_cursor SET position = $1', [position.toString()]);
    },
    position: async () =>
      BigInt(
        (await admin.query<{ position: string }>('SELECT position FROM analytics.ship_cursor')).rows[0]?.position ??
          '0',
      ),
    summary: async (workspaceId, now, input = {}) =>
      summarizeRecovery(
        { workspaceId, wall, businessNow: () => Promise.resolve(now) },
        { clickhouse: ch, system },
        input,
      ),
    close: async (): Promise<void> => {
      await ch.command(`DROP DATABASE ${ch.database}`);
      await ch.close();
      await harness.close();
    },
  };
}

function eventAppender(admin: pg.Pool, wall: ManualClock): AnalyticsWorld['append'] {
  let position = 0;
  const seqs = new Map<string, number>();
  return async (events) => {
    const rows = events.map((event) => {
      const seq = (seqs.get(event.workspaceId) ?? 0) + 1;
      seqs.set(event.workspaceId, seq);
      position += 1;
      return { ...event, id: ids.next('evt'), seq, position };
    });
    await admin.query(
      `WITH row AS (
         SELECT * FROM jsonb_to_recordset($1::jsonb)
           AS r("workspaceId" text, id text, type text, "subjectId" text, payload jsonb, "occurredAt" timestamptz, seq bigint, position bigint)
       ), event AS (
         INSERT INTO kernel.event (workspace_id, id, type, version, subject_type, subject_id, payload, actor_type, actor_id, occurred_at, recorded_at)
         SELECT "workspaceId", id, type, 1, 'RecoveryCase', "subjectId", payload, 'SYSTEM', 'test', "occurredAt", $2 FROM row
       )
       INSERT INTO kernel.stream (workspace_id, seq, position, event_id, numbered_at) SELECT "workspaceId", seq, position, id, $2 FROM row`,
      [JSON.stringify(rows), wall.now()],
    );
  };
}

export interface CaseEvents {
  opened(amountMinor: bigint, currency: string, at: Date): NewStoredEvent;
  classified(declineClass: string, at: Date): NewStoredEvent;
  recovered(amountMinor: bigint, currency: string, at: Date): NewStoredEvent;
  closed(at: Date): NewStoredEvent;
}

/** Recovery's events about one case, as recovery announces them. */
export function caseEvents(
  workspaceId: string,
  { caseId = ids.next('case'), customerId = ids.next('cus') } = {},
): CaseEvents {
  const base = { caseId, invoiceId: ids.next('inv'), customerId };
  const event = (verb: string, occurredAt: Date, payload: Record<string, Json>): NewStoredEvent => ({
    workspaceId,
    type: `recovery.case.${verb}`,
    subjectId: caseId,
    occurredAt,
    payload: { ...base, ...payload },
  });
  const amount = (amountMinor: bigint, currency: string): Json => ({ amountMinor: amountMinor.toString(), currency });
  return {
    opened: (amountMinor, currency, at) =>
      event('opened', at, {
        amount: amount(amountMinor, currency),
        declineClass: 'SOFT_UNKNOWN',
        openedAt: at.toISOString(),
      }),
    classified: (declineClass, at) => event('classified', at, { declineClass }),
    recovered: (amountMinor, currency, at) =>
      event('recovered', at, {
        amount: amount(amountMinor, currency),
        recoveredAt: at.toISOString(),
        attribution: 'LINK',
      }),
    closed: (at) => event('closed', at, { closedAt: at.toISOString(), reason: 'EXHAUSTED' }),
  };
}
