import type { WorkerContexts } from '../db/contexts.ts';
import type { UseCaseContext } from '../db/context.ts';
import type { SystemDb } from '../db/system.ts';
import { retryAt } from '../jobs/backoff.ts';
import { BrokenOffTooOften, refuseIfBrokenOffTooOften } from '../jobs/broken-off.ts';
import { type DeathWatch, heldUntil } from '../jobs/death-watch.ts';
import type { Lane } from '../jobs/lane.ts';
import type { Json } from '../json/json.ts';
import type { Logger } from '../logging/logger.ts';
import { crashpoint } from '../testing/crashpoint.ts';
import type { Clock } from '../time/clock.ts';
import { inSpan } from '../tracing/span.ts';
import type { DueTimer, TimerHandler } from './define.ts';

const MAX_ATTEMPTS = 12;

export interface FireDeps {
  readonly handlers: readonly TimerHandler[];
  readonly contexts: WorkerContexts;
  readonly system: SystemDb;
  readonly wall: Clock;
  readonly log: Logger;
  readonly watch: DeathWatch;
}

interface TimerRow {
  id: string;
  kind: string;
  key: string;
  subject_id: string;
  payload: Json;
  due_at: Date;
  attempts: number;
  interruptions: number;
}

/** One that may have ended a worker is noted as taken (see DeathWatch), and is nobody else's until the lease is over. */
async function nextDue({ watch, wall }: FireDeps, ctx: UseCaseContext): Promise<TimerRow | undefined> {
  return ctx.transaction(async (tx) => {
    const now = wall.now();
    for (;;) {
      const [row] = await tx.db.$queryRaw<TimerRow[]>`
        SELECT id, kind, key, subject_id, payload, due_at, attempts, interruptions FROM kernel.timer
        WHERE workspace_id = ${ctx.workspaceId} AND state = 'PENDING' AND due_at <= ${tx.now} AND (next_attempt_at IS NULL OR next_attempt_at <= ${now})
        ORDER BY due_at, id LIMIT 1`;
      if (row === undefined || (row.interruptions === 0 && !watch.diedLately())) return row;
      const noted = await tx.db.$executeRaw`
        UPDATE kernel.timer SET interruptions = interruptions + 1, next_attempt_at = ${heldUntil(watch, now, row.interruptions)}
        WHERE workspace_id = ${ctx.workspaceId} AND id = ${row.id} AND state = 'PENDING' AND (next_attempt_at IS NULL OR next_attempt_at <= ${now})`;
      if (noted === 1) return row;
    }
  });
}

/** Begins a trace of its own: what set the timer is days away. */
async function fire(deps: FireDeps, ctx: UseCaseContext, row: TimerRow): Promise<void> {
  const attributes = { 'oppulence.timer.id': row.id };
  await inSpan({ name: `timer ${row.kind}`, attributes, parent: null }, () => handle(deps, ctx, row));
}

async function handle(deps: FireDeps, ctx: UseCaseContext, row: TimerRow): Promise<void> {
  const timer: DueTimer = {
    id: row.id,
    key: row.key,
    subjectId: row.subject_id,
    payload: row.payload,
    dueAt: row.due_at,
  };
  const handler = deps.handlers.find((candidate) => candidate.kind === row.kind);
  try {
    if (!handler) throw new Error(`No handler for timers of kind ${row.kind}`);
    refuseIfBrokenOffTooOften(row.interruptions);
    await ctx.transaction(async (tx) => {
      // The row is locked first, so that a second worker finds it fired and a cancellation that came before wins.
      const fired = await tx.db.$executeRaw`
        UPDATE kernel.timer SET state = 'FIRED', fired_at = ${deps.wall.now()}, attempts = attempts + 1
        WHERE workspace_id = ${ctx.workspaceId} AND id = ${row.id} AND state = 'PENDING' AND due_at <= ${tx.now}`;
      if (fired === 0) return;
      await handler.handle(ctx, timer);
      tx.count('timers_total', { kind: row.kind, outcome: 'fired' });
    });
    crashpoint('timers.after-fire');
  } catch (error) {
    const attempts = row.attempts + 1;
    const state = error instanceof BrokenOffTooOften || attempts >= MAX_ATTEMPTS ? 'DEAD' : 'PENDING';
    deps.log[state === 'DEAD' ? 'error' : 'warn'](
      { err: error, timerId: row.id, kind: row.kind, attempts },
      'timer failed',
    );
    await ctx.transaction(async (tx) => {
      const waiting = await tx.db.$executeRaw`
        UPDATE kernel.timer SET state = ${state}, attempts = ${attempts}, interruptions = ${row.interruptions}, last_error = ${String(error).slice(0, 2_000)}, next_attempt_at = ${retryAt(deps.wall.now(), attempts)}
        WHERE workspace_id = ${ctx.workspaceId} AND id = ${row.id} AND state = 'PENDING'`;
      if (waiting === 1) tx.count('timers_total', { kind: row.kind, outcome: state === 'DEAD' ? 'dead' : 'failed' });
    });
  }
}

/** Fires timers that business time has reached, earliest first. */
export function timerLane(deps: FireDeps): Lane {
  return {
    name: 'timers',
    drain: async (workspaceId) => {
      const ctx = await deps.contexts.of(workspaceId, 'timers');
      for (let row = await nextDue(deps, ctx); row; row = await nextDue(deps, ctx))
        await fire(deps, await deps.contexts.of(workspaceId, row.id), row);
    },
    due: async () =>
      (
        await deps.system.query<{ workspace_id: string }>(
          `SELECT DISTINCT t.workspace_id FROM kernel.timer t JOIN kernel.workspace_clock c USING (workspace_id)
           WHERE t.state = 'PENDING' AND t.due_at <= coalesce(c.test_now, $1) AND (t.next_attempt_at IS NULL OR t.next_attempt_at <= $1)`,
          [deps.wall.now()],
        )
      ).map((row) => ({ workspaceId: row.workspace_id })),
  };
}
