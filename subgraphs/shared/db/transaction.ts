import type { NewEvent, StoredEvent } from '../events/define.ts';
import type { JobContract } from '../jobs/define.ts';
import type { Counting } from '../metrics/metrics.ts';
import type { Actor, NewEffect, NewTimer, Tx } from './context.ts';
import type { PrismaTransactionClient, Query } from './prisma.ts';
import type { Clock } from '../time/clock.ts';
import { activeTraceParent } from '../tracing/trace-parent.ts';
import type { IdSource } from '../ids/ids.ts';

/** What commits with a transaction and what is to be woken after it. */
export interface Ledger {
  changes: number;
  /** Of the first event: what the verb is about; what it brings with it is announced after. */
  subjectId: string | undefined;
  /** Lanes with new work, as [lane, workspace, detail]. */
  readonly wakes: Map<string, readonly [lane: string, workspaceId: string, detail?: string]>;
  /** Counters to be moved. */
  readonly counts: ((metrics: Counting) => void)[];
}

export const newLedger = (): Ledger => ({ changes: 0, subjectId: undefined, wakes: new Map(), counts: [] });

export interface TransactionParts {
  readonly db: PrismaTransactionClient;
  readonly query: Query;
  readonly workspaceId: string;
  readonly now: Date;
  readonly wall: Clock;
  readonly ids: IdSource;
  readonly actor: Actor;
  readonly causationId: string | undefined;
  readonly ledger: Ledger;
}

const wake = (ledger: Ledger, lane: string, workspaceId: string, detail?: string): void => {
  ledger.wakes.set(
    `${lane}:${workspaceId}:${detail ?? ''}`,
    detail === undefined ? [lane, workspaceId] : [lane, workspaceId, detail],
  );
};

const PUBLISH = `
  WITH given AS (
    SELECT * FROM ROWS FROM (jsonb_to_recordset($1::jsonb)
      AS (id text, type text, version int, "subjectType" text, "subjectId" text, payload jsonb, "traceParent" text)) WITH ORDINALITY
  ), logged AS (
    INSERT INTO kernel.event (workspace_id, id, type, version, subject_type, subject_id, payload, actor_type, actor_id, causation_id, occurred_at, recorded_at, trace_parent)
    SELECT $2::text, id, type, version, "subjectType", "subjectId", payload, $3::text, $4::text, $5::text, $6::timestamptz, $7::timestamptz, "traceParent" FROM given)
  INSERT INTO kernel.event_outbox (workspace_id, event_id) SELECT $2::text, id FROM given ORDER BY ordinality`;

/** The kernel's verbs over one Prisma transaction: each is a row of the same commit. */
export function transactionOver(parts: TransactionParts): Tx {
  const { db, query, workspaceId, now, wall, ids, actor, ledger } = parts;

  const count: Tx['count'] = (...counted) => {
    ledger.counts.push((metrics) => {
      metrics.count(...counted);
    });
  };

  async function publishAll(events: readonly NewEvent[]): Promise<readonly StoredEvent[]> {
    if (events.length === 0) return [];
    const [recordedAt, running] = [wall.now(), activeTraceParent()];
    const named = events.map((event) => ({ ...event, id: ids.next('evt'), traceParent: event.traceParent ?? running }));
    await query(PUBLISH, [
      JSON.stringify(named),
      workspaceId,
      actor.type,
      actor.id,
      parts.causationId ?? null,
      now,
      recordedAt,
    ]);
    return named.map(({ countedAs, traceParent: _carried, ...event }): StoredEvent => {
      changed(event.subjectId);
      count('events_published_total', { type: event.type });
      if (countedAs !== undefined) count(countedAs, { type: event.type });
      return { ...event, workspaceId, occurredAt: now, recordedAt };
    });
  }

  async function publish(event: NewEvent): Promise<StoredEvent> {
    const [stored] = await publishAll([event]);
    if (!stored) throw new Error('An event was not stored');
    return stored;
  }

  function changed(subjectId: string): void {
    ledger.changes += 1;
    ledger.subjectId ??= subjectId;
  }

  async function setTimer(timer: NewTimer): Promise<void> {
    await db.$executeRaw`
      INSERT INTO kernel.timer (workspace_id, id, kind, key, subject_id, payload, due_at, state)
      VALUES (${workspaceId}, ${ids.next('tmr')}, ${timer.kind}, ${timer.key}, ${timer.subjectId}, ${JSON.stringify(timer.payload ?? {})}::jsonb, ${timer.dueAt}, 'PENDING')
      ON CONFLICT (workspace_id, kind, key) DO UPDATE
      SET due_at = EXCLUDED.due_at, payload = EXCLUDED.payload, subject_id = EXCLUDED.subject_id, state = 'PENDING', attempts = 0, interruptions = 0,
          last_error = NULL, next_attempt_at = NULL, fired_at = NULL`;
    if (timer.dueAt <= now) wake(ledger, 'timers', workspaceId);
  }

  async function cancelTimers(which: { kind: string; subjectId: string }): Promise<number> {
    // A worker that fires a timer holds its row and then wants its subject's; whoever cancels has them the other way round. So a row
    // that is being fired is left alone: its handler waits for us, and then finds its subject as we leave it.
    return db.$executeRaw`
      UPDATE kernel.timer SET state = 'CANCELED'
      WHERE workspace_id = ${workspaceId} AND id IN (
        SELECT id FROM kernel.timer WHERE workspace_id = ${workspaceId} AND kind = ${which.kind} AND subject_id = ${which.subjectId}
          AND state = 'PENDING' FOR UPDATE SKIP LOCKED)`;
  }

  async function requestEffect(effect: NewEffect): Promise<{ effectId: string; created: boolean }> {
    const id = ids.next('eff');
    const created = await db.$executeRaw`
      INSERT INTO kernel.effect (workspace_id, id, kind, key, subject_id, payload, idempotency_key, state, not_before, requested_at, trace_parent)
      VALUES (${workspaceId}, ${id}, ${effect.kind}, ${effect.key}, ${effect.subjectId}, ${JSON.stringify(effect.payload)}::jsonb,
              ${`oppulence-${id}`}, 'PENDING', ${effect.notBefore ?? null}, ${wall.now()}, ${activeTraceParent()})
      ON CONFLICT (workspace_id, kind, key) DO NOTHING`;
    wake(ledger, 'effects', workspaceId);
    if (created === 1) return { effectId: id, created: true };
    const existing = await db.effect.findUniqueOrThrow({
      where: { workspaceId_kind_key: { workspaceId, kind: effect.kind, key: effect.key } },
      select: { id: true },
    });
    return { effectId: existing.id, created: false };
  }

  async function dropEffects(which: { kind: string; subjectId: string }): Promise<number> {
    // One that is being claimed is left alone, as with timers: its handler's claim() decides, after us.
    const dropped = await db.$executeRaw`
      UPDATE kernel.effect SET state = 'DROPPED', finished_at = ${wall.now()}
      WHERE workspace_id = ${workspaceId} AND id IN (
        SELECT id FROM kernel.effect WHERE workspace_id = ${workspaceId} AND kind = ${which.kind} AND subject_id = ${which.subjectId}
          AND state = 'PENDING' FOR UPDATE SKIP LOCKED)`;
    if (dropped > 0) count('effects_total', { kind: which.kind, outcome: 'dropped' }, dropped);
    return dropped;
  }

  async function enqueueJob<P>(
    contract: JobContract<P>,
    payload: P,
    options?: { uniqueKey?: string },
  ): Promise<{ jobId: string; created: boolean }> {
    const jobId = ids.next('job');
    const uniqueKey = options?.uniqueKey ?? null;
    const created = await db.$executeRaw`
      INSERT INTO kernel.job (workspace_id, id, kind, queue, unique_key, payload, state, max_attempts, created_at, trace_parent)
      VALUES (${workspaceId}, ${jobId}, ${contract.kind}, ${contract.queue}, ${uniqueKey}, ${JSON.stringify(contract.payload.parse(payload))}::jsonb,
              'QUEUED', ${contract.attempts}, ${wall.now()}, ${activeTraceParent()})
      ON CONFLICT (workspace_id, kind, unique_key) WHERE state IN ('QUEUED', 'RUNNING') AND unique_key IS NOT NULL DO NOTHING`;
    if (created === 1) {
      wake(ledger, contract.queue, workspaceId, jobId);
      return { jobId, created: true };
    }
    const existing = await db.job.findFirstOrThrow({
      where: { workspaceId, kind: contract.kind, uniqueKey },
      // Ids sort by time: of two within one millisecond the later one is the unfinished one.
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      select: { id: true },
    });
    return { jobId: existing.id, created: false };
  }

  async function inWorkspace<T>(other: string, fn: (tx: Tx) => Promise<T>): Promise<T> {
    await db.$executeRaw`SELECT set_config('app.workspace_id', ${other}, true)`;
    // Not put back when `fn` throws: the transaction is over then, and the setting with it.
    const result = await fn(transactionOver({ ...parts, workspaceId: other }));
    await db.$executeRaw`SELECT set_config('app.workspace_id', ${workspaceId}, true)`;
    return result;
  }

  return {
    db,
    query,
    workspaceId,
    now,
    publish,
    publishAll,
    setTimer,
    cancelTimers,
    requestEffect,
    dropEffects,
    enqueueJob,
    changed,
    count,
    countsFromHere: () => {
      const kept = ledger.counts.length;
      return () => void ledger.counts.splice(kept);
    },
    wake: (lane) => wake(ledger, lane, workspaceId),
    causedBy: (causationId) => transactionOver({ ...parts, causationId }),
    inWorkspace,
  };
}
