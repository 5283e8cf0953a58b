import { setTimeout as pause } from 'node:timers/promises';
import { type Pause, pauseAfter } from '../batching/pause-after.ts';
import type { Tx, UseCaseContext } from '../db/context.ts';
import type { WorkerContexts } from '../db/contexts.ts';
import type { SystemDb } from '../db/system.ts';
import { retryAt } from '../jobs/backoff.ts';
import { BrokenOffTooOften, refuseIfBrokenOffTooOften } from '../jobs/broken-off.ts';
import { type DeathWatch, heldUntil } from '../jobs/death-watch.ts';
import type { Lane } from '../jobs/lane.ts';
import { oneAtATime } from '../jobs/one-at-a-time.ts';
import type { Logger } from '../logging/logger.ts';
import { crashpoint } from '../testing/crashpoint.ts';
import type { Clock } from '../time/clock.ts';
import { inSpanOfEach } from '../tracing/span-of-each.ts';

const BATCH = 200;
/**
 * Under steady traffic much of what a batch costs is the same whatever it holds: what comes in after one is applied together in the next. So long as the
 * last one took, and within these bounds: the busier the machine, the fuller the batches.
 */
const GATHER: Pause = { times: 1, least: 100, most: 250 };
/** So many at once are steady traffic. */
const STEADY = 10;
/** Bodies that are read at once, in bytes; one delivery always is. */
const BATCH_BYTES = 8_000_000;
/** After this many failures a delivery is DEAD: kept, shown with its reason, and applied no more until it is replayed. */
const MAX_ATTEMPTS = 10;
/** Characters that are kept of why one failed, and of where. */
const MOST_REASON = 2_000;
const MOST_STACK = 8_000;

export interface InboxRow {
  readonly id: string;
  readonly endpointId: string;
  readonly connectionId: string;
  readonly body: Buffer;
  readonly eventType: string | null;
  readonly eventCreatedAt: Date | null;
  readonly account: string;
  readonly livemode: boolean | null;
  readonly apiVersion: string | null;
  /** Where its trace stands, for what is announced because of it: many deliveries are applied at once. */
  readonly traceParent: string | null;
}

export type InboxOutcome = 'APPLIED' | { readonly ignored: string };

export interface InboxHandler {
  readonly provider: string;
  /**
   * Applies deliveries together, in the order given, under a savepoint of the running transaction.
   * @returns an outcome for each. When it throws, nothing of it stays, and the deliveries are tried one by one: what throws alone has failed.
   */
  apply(ctx: UseCaseContext, tx: Tx, rows: readonly InboxRow[]): Promise<readonly InboxOutcome[]>;
}

export interface InboxDeps {
  readonly handlers: readonly InboxHandler[];
  readonly contexts: WorkerContexts;
  readonly system: SystemDb;
  readonly wall: Clock;
  readonly log: Logger;
  readonly watch: DeathWatch;
}

type PendingRow = InboxRow & { readonly provider: string; readonly attempts: number; readonly interruptions: number };

/** What becomes of a delivery: its outcome, or why it failed. */
interface Ended {
  readonly row: PendingRow;
  readonly outcome: InboxOutcome | { readonly failed: unknown };
}

/** Applies kept deliveries in batches of one transaction. A bad one sinks neither its neighbours nor itself. */
export function inboxLane(deps: InboxDeps): Lane {
  return {
    name: 'inbox',
    drain: oneAtATime(async (workspaceId) => {
      const ctx = await deps.contexts.of(workspaceId, 'inbox');
      for (;;) {
        const began = performance.now();
        const taken = await applyBatch(deps, ctx);
        if (taken === 0) return;
        const took = performance.now() - began;
        if (taken >= STEADY && taken < BATCH) await pause(pauseAfter(took, GATHER));
      }
    }),
    due: async () =>
      (
        await deps.system.query<{ workspace_id: string }>(
          `SELECT DISTINCT workspace_id FROM kernel.inbox_event WHERE state IN ('RECEIVED', 'FAILED') AND (next_attempt_at IS NULL OR next_attempt_at <= $1)`,
          [deps.wall.now()],
        )
      ).map((row) => ({ workspaceId: row.workspace_id })),
  };
}

/** Those that are due, in the order in which things happened. */
const DUE = `
  WITH due AS (
    SELECT id, event_created_at, octet_length(body) AS bytes FROM kernel.inbox_event
    WHERE workspace_id = $1 AND state IN ('RECEIVED', 'FAILED') AND (next_attempt_at IS NULL OR next_attempt_at <= $2)
    ORDER BY event_created_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
  ), measured AS (SELECT id, sum(bytes) OVER (ORDER BY event_created_at, id) - bytes AS before FROM due)
  SELECT e.id, provider, endpoint_id AS "endpointId", connection_id AS "connectionId", body, event_type AS "eventType", event_created_at AS "eventCreatedAt",
         account, livemode, api_version AS "apiVersion", attempts, interruptions, trace_parent AS "traceParent"
  FROM measured m JOIN kernel.inbox_event e ON e.workspace_id = $1 AND e.id = m.id
  WHERE m.before < $4 ORDER BY event_created_at, e.id`;

async function applyBatch(deps: InboxDeps, ctx: UseCaseContext): Promise<number> {
  const taken = await ctx.transaction(async (tx) => {
    const [, rows] = await Promise.all([
      takeTurn(tx),
      tx.query<PendingRow>(DUE, [ctx.workspaceId, deps.wall.now(), BATCH, BATCH_BYTES]),
    ]);
    const suspect = rows.filter(({ interruptions }) => interruptions > 0 || deps.watch.diedLately());
    const others = rows.filter((row) => !suspect.includes(row));
    if (others.length > 0) await applyAll(deps, ctx, tx, others);
    return { rows: rows.length, suspect };
  });
  const neverBrokenOff = taken.suspect.filter(({ interruptions }) => interruptions === 0);
  const brokenOff = taken.suspect.filter(({ interruptions }) => interruptions > 0);
  for (const group of [neverBrokenOff, ...brokenOff.map((row) => [row])])
    if (group.length > 0) await applyNoted(deps, ctx, group);
  if (taken.rows > 0) crashpoint('inbox.after-apply');
  return taken.rows;
}

async function applyAll(deps: InboxDeps, ctx: UseCaseContext, tx: Tx, rows: readonly PendingRow[]): Promise<void> {
  crashpoint('inbox.after-claim');
  const ended: Ended[] = [];
  for (const group of byProvider(rows)) ended.push(...(await applyTogether(deps, ctx, tx, group)));
  await saveOutcomes(deps, tx, ended);
}

// Named by their ids as well, so that only their months are looked into.
const NOTE = `
  UPDATE kernel.inbox_event SET interruptions = interruptions + 1, next_attempt_at = $4
  WHERE workspace_id = $1 AND id = ANY($2) AND state IN ('RECEIVED', 'FAILED') AND (next_attempt_at IS NULL OR next_attempt_at <= $3) RETURNING id`;
const LOCK = `
  SELECT id FROM kernel.inbox_event WHERE workspace_id = $1 AND id = ANY($2) AND state IN ('RECEIVED', 'FAILED') ORDER BY id FOR UPDATE`;

/** Deliveries that may have ended a worker (see DeathWatch): noted as taken, in a transaction before the one that applies them. */
async function applyNoted(deps: InboxDeps, ctx: UseCaseContext, rows: readonly PendingRow[]): Promise<void> {
  const { watch, wall, log } = deps;
  const those = async (
    tx: Tx,
    sql: string,
    among: readonly PendingRow[],
    ...more: unknown[]
  ): Promise<PendingRow[]> => {
    const found = await tx.query<{ id: string }>(sql, [ctx.workspaceId, among.map(({ id }) => id), ...more]);
    const ids = new Set(found.map(({ id }) => id));
    return among.filter(({ id }) => ids.has(id));
  };
  for (const { id, eventType: type, interruptions } of rows)
    if (interruptions > 0)
      log.warn({ inboxEventId: id, type, interruptions }, 'delivery was broken off; it is tried alone');
  const now = wall.now();
  const lease = heldUntil(watch, now, rows[0]?.interruptions ?? 0);
  const noted = await ctx.transaction((tx) => those(tx, NOTE, rows, now, lease));
  await ctx.transaction(async (tx) => {
    const [, ours] = await Promise.all([takeTurn(tx), those(tx, LOCK, noted)]);
    if (ours.length > 0) await applyAll(deps, ctx, tx, ours);
  });
}

/** One applier per workspace: deliveries about one object would wait for each other's rows anyway. */
const takeTurn = (tx: Tx): Promise<unknown> =>
  tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`inbox:${tx.workspaceId}`]);

function byProvider(rows: readonly PendingRow[]): PendingRow[][] {
  const groups = new Map<string, PendingRow[]>();
  for (const row of rows) groups.set(row.provider, [...(groups.get(row.provider) ?? []), row]);
  return [...groups.values()];
}

/** All at once; when that fails, each alone. */
async function applyTogether(
  deps: InboxDeps,
  ctx: UseCaseContext,
  tx: Tx,
  rows: readonly PendingRow[],
): Promise<Ended[]> {
  await tx.query('SAVEPOINT deliveries');
  const uncount = tx.countsFromHere();
  try {
    for (const { interruptions } of rows) refuseIfBrokenOffTooOften(interruptions);
    const handler = deps.handlers.find((candidate) => candidate.provider === rows[0]?.provider);
    if (!handler) throw new Error(`No handler for deliveries of ${String(rows[0]?.provider)}`);
    const outcomes = await inSpanOfEach('apply webhook', rows, (traced) => handler.apply(ctx, tx, traced));
    await tx.query('RELEASE SAVEPOINT deliveries');
    return rows.map((row, index) => ({ row, outcome: outcomes[index] ?? { failed: new Error('No outcome') } }));
  } catch (error) {
    await tx.query('ROLLBACK TO SAVEPOINT deliveries');
    uncount();
    const [only, ...others] = rows;
    if (only && others.length === 0) return [{ row: only, outcome: { failed: error } }];
    const ended: Ended[] = [];
    for (const row of rows) ended.push(...(await applyTogether(deps, ctx, tx, [row])));
    return ended;
  }
}

// Named by their ids as well, so that only their months are looked into.
const SAVE = `
  UPDATE kernel.inbox_event e SET state = o.state, reason = o.reason, stack = o.stack, attempts = e.attempts + 1, interruptions = o.interruptions, next_attempt_at = o.next, applied_at = coalesce(o.applied, e.applied_at)
  FROM jsonb_to_recordset($2::jsonb) AS o(id text, state text, reason text, stack text, interruptions int, next timestamptz, applied timestamptz)
  WHERE e.workspace_id = $1 AND e.id = o.id AND e.id = ANY($3)`;

const COUNTED_AS = { APPLIED: 'applied', IGNORED: 'ignored', FAILED: 'failed', DEAD: 'dead' } as const;

async function saveOutcomes(deps: InboxDeps, tx: Tx, ended: readonly Ended[]): Promise<void> {
  const wall = deps.wall.now();
  const rows = ended.map(({ row, outcome }) => {
    if (outcome === 'APPLIED')
      return { id: row.id, state: 'APPLIED' as const, reason: null, interruptions: 0, next: null, applied: wall };
    if ('ignored' in outcome)
      return {
        id: row.id,
        state: 'IGNORED' as const,
        reason: outcome.ignored,
        interruptions: 0,
        next: null,
        applied: wall,
      };
    return failureOf(deps, row, outcome.failed, wall);
  });
  await tx.query(SAVE, [tx.workspaceId, JSON.stringify(rows), rows.map(({ id }) => id)]);
  for (const { state } of rows) tx.count('inbox_deliveries_total', { outcome: COUNTED_AS[state] });
}

function failureOf(
  deps: InboxDeps,
  row: PendingRow,
  error: unknown,
  wall: Date,
): {
  id: string;
  state: 'DEAD' | 'FAILED';
  reason: string;
  stack: string | null;
  interruptions: number;
  next: Date;
  applied: null;
} {
  const attempts = row.attempts + 1;
  const state = error instanceof BrokenOffTooOften || attempts >= MAX_ATTEMPTS ? 'DEAD' : 'FAILED';
  deps.log[state === 'DEAD' ? 'error' : 'warn'](
    { err: error, inboxEventId: row.id, type: row.eventType, attempts },
    'delivery could not be applied',
  );
  const reason = storable(String(error)).slice(0, MOST_REASON);
  const stack = error instanceof Error ? storable(stackOf(error)).slice(0, MOST_STACK) : null;
  return {
    id: row.id,
    state,
    reason,
    stack,
    interruptions: row.interruptions,
    next: retryAt(wall, attempts),
    applied: null,
  };
}

/** PostgreSQL's text holds no NUL, and an error may quote what it choked on. */
const storable = (text: string): string => text.replaceAll('\0', '\ufffd');

/** Of the error and of what caused it. */
function stackOf(error: Error): string {
  const own = error.stack ?? String(error);
  return error.cause instanceof Error ? `${own}\nCaused by: ${stackOf(error.cause)}` : own;
}
