import { groupBy } from '../batching/group-by.ts';
import type { UseCaseContext } from '../db/context.ts';
import type { WorkerContexts } from '../db/contexts.ts';
import type { SystemDb } from '../db/system.ts';
import { BrokenOffTooOften, refuseIfBrokenOffTooOften } from '../jobs/broken-off.ts';
import { type DeathWatch, heldUntil } from '../jobs/death-watch.ts';
import type { Lane } from '../jobs/lane.ts';
import { oneAtATime } from '../jobs/one-at-a-time.ts';
import { isOutage, takenUpAt } from '../jobs/outage.ts';
import type { Logger } from '../logging/logger.ts';
import { crashpoint } from '../testing/crashpoint.ts';
import type { Clock } from '../time/clock.ts';
import { inSpan, SpanKind, type SpanOptions } from '../tracing/span.ts';
import type { StoredEvent } from './define.ts';
import { type EventRow, toStoredEvent } from './event-row.ts';

export interface EventHandler {
  /** Before the transaction: network is allowed here, and only here. */
  prepare?(ctx: UseCaseContext, event: StoredEvent): Promise<unknown>;
  /** Inside the transaction that marks the event consumed. */
  handle(ctx: UseCaseContext, event: StoredEvent, prepared: unknown): Promise<void>;
}

export interface EventConsumer {
  readonly name: string;
  readonly handlers: Readonly<Record<string, EventHandler>>;
}

/** Events that are read at once, of each consumer. */
const BATCH = 50;
/** After this many failures an event is DEAD for its consumer and holds its subject's later events no longer. */
const MAX_ATTEMPTS = 12;

interface PendingRow extends EventRow {
  readonly consumer: string;
  readonly attempts: number;
  readonly trace_parent: string | null;
  readonly postponed: number;
  readonly interruptions: number;
}

export interface ConsumeDeps {
  readonly consumers: readonly EventConsumer[];
  readonly contexts: WorkerContexts;
  readonly system: SystemDb;
  readonly wall: Clock;
  readonly log: Logger;
  readonly watch: DeathWatch;
}

/**
 * Due events in their order, of subjects that wait for none: a failing event holds its own subject and nothing else. Of all consumers at once: most
 * have none most of the time.
 */
const DUE = `
  SELECT d.* FROM unnest($2::text[]) WITH ORDINALITY AS w(consumer, place) CROSS JOIN LATERAL (
    SELECT c.consumer, e.id, e.type, e.version, e.subject_type, e.subject_id, e.payload, e.occurred_at, e.recorded_at, e.trace_parent, c.seq, c.attempts, c.postponed, c.interruptions
    FROM kernel.consumption c JOIN kernel.event e ON e.workspace_id = c.workspace_id AND e.id = c.event_id
    WHERE c.workspace_id = $1 AND c.consumer = w.consumer AND c.state = 'PENDING' AND (c.next_attempt_at IS NULL OR c.next_attempt_at <= $3)
      AND NOT EXISTS (SELECT FROM kernel.consumption p WHERE p.workspace_id = c.workspace_id AND p.consumer = c.consumer
                      AND p.state = 'PENDING' AND p.subject_id = c.subject_id AND p.seq < c.seq AND p.next_attempt_at > $3)
    ORDER BY c.seq LIMIT $4) d
  ORDER BY w.place, d.seq`;

async function dueEvents(
  { consumers, wall }: ConsumeDeps,
  ctx: UseCaseContext,
): Promise<readonly (readonly [EventConsumer, readonly PendingRow[]])[]> {
  const names = consumers.map(({ name }) => name);
  const rows = groupBy(
    await ctx.query<PendingRow>(DUE, [ctx.workspaceId, names, wall.now(), BATCH]),
    ({ consumer }) => consumer,
  );
  return consumers.flatMap((consumer) => {
    const due = rows.get(consumer.name);
    return due ? [[consumer, due] as const] : [];
  });
}

/** All of them, in their order; those of a subject that one has failed for are left for later. */
async function consumeAll(
  deps: ConsumeDeps,
  consumer: EventConsumer,
  workspaceId: string,
  rows: readonly PendingRow[],
): Promise<void> {
  const held = new Set<string>();
  for (const run of runsOf(consumer, rows)) {
    const free = await take(
      deps,
      consumer,
      workspaceId,
      run.filter(({ subject_id }) => !held.has(subject_id)),
    );
    if (free.length < run.length) for (const row of run) if (!free.includes(row)) held.add(row.subject_id);
    if (free.length > 1 && (await handOverTogether(deps, consumer, workspaceId, free))) continue;
    for (const row of free) {
      if (held.has(row.subject_id)) continue;
      if (!(await consume(deps, consumer, workspaceId, row))) held.add(row.subject_id);
    }
  }
}

/**
 * What may have ended a worker is noted as taken, and is nobody else's until the lease is over: all of it while somebody has died of late,
 * and always what was found so before.
 * @returns what is ours.
 */
async function take(
  { watch, contexts, wall, log }: ConsumeDeps,
  consumer: EventConsumer,
  workspaceId: string,
  rows: readonly PendingRow[],
): Promise<readonly PendingRow[]> {
  if (rows.length === 0 || (!watch.diedLately() && rows.every(({ interruptions }) => interruptions === 0))) return rows;
  const ctx = await contexts.of(workspaceId, 'consume');
  const now = wall.now();
  const noted = await ctx.transaction((tx) =>
    tx.query<{ seq: string }>(
      `UPDATE kernel.consumption SET interruptions = interruptions + 1, next_attempt_at = $5
       WHERE workspace_id = $1 AND consumer = $2 AND seq = ANY($3) AND state = 'PENDING' AND (next_attempt_at IS NULL OR next_attempt_at <= $4) RETURNING seq::text`,
      [workspaceId, consumer.name, rows.map(({ seq }) => seq), now, heldUntil(watch, now, rows[0]?.interruptions ?? 0)],
    ),
  );
  const ours = new Set(noted.map(({ seq }) => seq));
  for (const { id, type, interruptions } of rows)
    if (interruptions > 0)
      log.warn(
        { consumer: consumer.name, eventId: id, type, interruptions },
        'event was broken off; it is tried alone',
      );
  return rows.filter(({ seq }) => ours.has(String(seq)));
}

/** Neighbours that need nothing prepared stay together; what is prepared, or was broken off, is handed over alone, soon after. */
function runsOf(consumer: EventConsumer, rows: readonly PendingRow[]): PendingRow[][] {
  const runs: PendingRow[][] = [];
  let open: PendingRow[] | null = null;
  for (const row of rows) {
    const alone = row.interruptions > 0 || consumer.handlers[row.type]?.prepare !== undefined;
    if (open === null || alone) runs.push((open = []));
    open.push(row);
    if (alone) open = null;
  }
  return runs;
}

/**
 * Several in one transaction: most do little, and a transaction each would cost more than they do.
 * @returns false when one of them failed; nothing has happened then, and each is to be tried alone.
 */
async function handOverTogether(
  deps: ConsumeDeps,
  consumer: EventConsumer,
  workspaceId: string,
  rows: readonly PendingRow[],
): Promise<boolean> {
  const ctx = await deps.contexts.of(workspaceId, 'consume');
  try {
    await ctx.transaction(async (tx) => {
      const claimed = await tx.query<{ seq: bigint }>(
        `UPDATE kernel.consumption SET state = 'DONE', consumed_at = $1, attempts = attempts + 1
         WHERE workspace_id = $2 AND consumer = $3 AND seq = ANY($4) AND state = 'PENDING' RETURNING seq`,
        [deps.wall.now(), workspaceId, consumer.name, rows.map(({ seq }) => seq)],
      );
      const ours = new Set(claimed.map(({ seq }) => seq));
      crashpoint('events.after-claim');
      for (const row of rows) {
        if (!ours.has(BigInt(row.seq))) continue;
        const event = toStoredEvent(workspaceId, row);
        const own = await deps.contexts.of(workspaceId, event.id);
        await inSpan(spanOf(consumer, row), async () => consumer.handlers[row.type]?.handle(own, event, undefined));
        tx.count('event_consumptions_total', { consumer: consumer.name, outcome: 'done' });
      }
    });
    return true;
  } catch (error) {
    deps.log.debug({ err: error, consumer: consumer.name }, 'events failed together; each is tried alone');
    return false;
  }
}

/** In the trace of whoever announced the event. */
function spanOf(consumer: EventConsumer, row: PendingRow): SpanOptions {
  const attributes = { 'oppulence.event.id': row.id, 'oppulence.event.type': row.type };
  return { name: `consume ${consumer.name}`, kind: SpanKind.CONSUMER, attributes, parent: row.trace_parent };
}

/** @returns false when it failed and will be tried again. */
async function consume(
  deps: ConsumeDeps,
  consumer: EventConsumer,
  workspaceId: string,
  row: PendingRow,
): Promise<boolean> {
  return inSpan(spanOf(consumer, row), () => handOver(deps, consumer, workspaceId, row));
}

async function handOver(
  deps: ConsumeDeps,
  consumer: EventConsumer,
  workspaceId: string,
  row: PendingRow,
): Promise<boolean> {
  const event = toStoredEvent(workspaceId, row);
  const ctx = await deps.contexts.of(workspaceId, event.id);
  const handler = consumer.handlers[event.type];
  try {
    refuseIfBrokenOffTooOften(row.interruptions);
    const prepared = await handler?.prepare?.(ctx, event);
    await ctx.transaction(async (tx) => {
      const claimed = await tx.db.$executeRaw`
        UPDATE kernel.consumption SET state = 'DONE', consumed_at = ${deps.wall.now()}, attempts = attempts + 1
        WHERE workspace_id = ${workspaceId} AND consumer = ${consumer.name} AND seq = ${row.seq} AND state = 'PENDING'`;
      if (claimed === 0) return;
      crashpoint('events.after-claim');
      await handler?.handle(ctx, event, prepared);
      tx.count('event_consumptions_total', { consumer: consumer.name, outcome: 'done' });
    });
    return true;
  } catch (error) {
    const now = deps.wall.now();
    const attempts = row.attempts + 1;
    const postponed = row.postponed + (isOutage(error, event.recordedAt, now) ? 1 : 0);
    const dead = error instanceof BrokenOffTooOften || attempts - postponed >= MAX_ATTEMPTS;
    deps.log[dead ? 'error' : 'warn'](
      { err: error, consumer: consumer.name, eventId: event.id, type: event.type, attempts },
      dead ? 'event is dead for its consumer' : 'event failed; it will be tried again',
    );
    await ctx.transaction(async (tx) => {
      const waiting = await tx.db.$executeRaw`
        UPDATE kernel.consumption SET state = ${dead ? 'DEAD' : 'PENDING'}, attempts = ${attempts}, postponed = ${postponed}, interruptions = ${row.interruptions}, last_error = ${String(error).slice(0, 2_000)},
               next_attempt_at = ${takenUpAt(now, attempts, error)}
        WHERE workspace_id = ${workspaceId} AND consumer = ${consumer.name} AND seq = ${row.seq} AND state = 'PENDING'`;
      if (waiting === 1)
        tx.count('event_consumptions_total', { consumer: consumer.name, outcome: dead ? 'dead' : 'failed' });
    });
    return dead;
  }
}

/** Delivers numbered events to their consumers: at least once, with an effect exactly once. */
export function consumeLane(deps: ConsumeDeps): Lane {
  return {
    name: 'consume',
    drain: oneAtATime(async (workspaceId) => {
      const ctx = await deps.contexts.of(workspaceId, 'consume');
      for (let due = await dueEvents(deps, ctx); due.length > 0; due = await dueEvents(deps, ctx))
        for (const [consumer, rows] of due) await consumeAll(deps, consumer, workspaceId, rows);
    }),
    due: async () =>
      (
        await deps.system.query<{ workspace_id: string }>(
          `SELECT DISTINCT c.workspace_id FROM kernel.consumption c
           WHERE c.state = 'PENDING' AND c.consumer = ANY($2) AND (c.next_attempt_at IS NULL OR c.next_attempt_at <= $1)
             AND NOT EXISTS (SELECT FROM kernel.consumption p WHERE p.workspace_id = c.workspace_id AND p.consumer = c.consumer
                             AND p.state = 'PENDING' AND p.subject_id = c.subject_id AND p.seq < c.seq)`,
          [deps.wall.now(), deps.consumers.map((consumer) => consumer.name)],
        )
      ).map((row) => ({ workspaceId: row.workspace_id })),
  };
}
