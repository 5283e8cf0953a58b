import type { Tx, UseCaseContext } from '../db/context.ts';
import type { WorkerContexts } from '../db/contexts.ts';
import type { SystemDb } from '../db/system.ts';
import { DomainError, ProviderUnavailableError } from '../errors/errors.ts';
import type { Json } from '../json/json.ts';
import type { Logger } from '../logging/logger.ts';
import { crashpoint } from '../testing/crashpoint.ts';
import type { Clock } from '../time/clock.ts';
import { inSpan } from '../tracing/span.ts';
import { BrokenOffTooOften, refuseIfBrokenOffTooOften } from './broken-off.ts';
import { heldUntil } from './death-watch.ts';
import { JOB_QUEUES, type JobHandler, type JobProgress, type JobQueue } from './define.ts';
import { jobFinished, jobProgressed } from './events.ts';
import type { Lane } from './lane.ts';
import { LostClaim } from './lost-claim.ts';
import { isOutage, takenUpAt } from './outage.ts';

export interface JobDeps {
  readonly handlers: readonly JobHandler[];
  readonly contexts: WorkerContexts;
  readonly system: SystemDb;
  readonly wall: Clock;
  readonly log: Logger;
  /** How long a silent job is believed to be alive; it renews its claim at a third of this. */
  readonly leaseMs: number;
}

interface JobRow {
  id: string;
  kind: string;
  payload: Json;
  checkpoint: Json | null;
  attempts: number;
  max_attempts: number;
  interruptions: number;
  trace_parent: string | null;
  started_at: Date;
}

/** A lane for each kind of queue. */
export const jobLanes = (deps: JobDeps): Lane[] => JOB_QUEUES.map((queue) => jobLane(deps, queue));

/** Runs jobs, one at a time each; a job whose worker died is resumed from its checkpoint when its lease is over. */
export function jobLane(deps: JobDeps, queue: JobQueue = 'jobs'): Lane {
  return {
    name: queue,
    drain: async (workspaceId, jobId) => {
      if (jobId === undefined) return;
      const ctx = await deps.contexts.of(workspaceId, jobId);
      const row = await claim(deps, ctx, jobId);
      if (row) await run(deps, ctx, row);
    },
    due: async () =>
      (
        await deps.system.query<{ workspace_id: string; id: string }>(
          `SELECT workspace_id, id FROM kernel.job WHERE (state = 'QUEUED' OR (state = 'RUNNING' AND lease_until <= $1)) AND (next_attempt_at IS NULL OR next_attempt_at <= $1) AND queue = $2`,
          [deps.wall.now(), queue],
        )
      ).map((row) => ({ workspaceId: row.workspace_id, detail: row.id })),
  };
}

/** One that is found RUNNING lost its worker: that says nothing about the work, so it costs none of its attempts and is counted apart. */
async function claim(deps: JobDeps, ctx: UseCaseContext, jobId: string): Promise<JobRow | undefined> {
  return ctx.transaction(async (tx) => {
    const wall = deps.wall.now();
    const [claimed] = await tx.db.$queryRaw<(JobRow & { was_broken_off: boolean })[]>`
      WITH due AS (
        SELECT id, (state = 'RUNNING') AS was_broken_off FROM kernel.job
        WHERE workspace_id = ${ctx.workspaceId} AND id = ${jobId} AND (state = 'QUEUED' OR (state = 'RUNNING' AND lease_until <= ${wall}))
          AND (next_attempt_at IS NULL OR next_attempt_at <= ${wall})
        FOR UPDATE
      )
      UPDATE kernel.job j SET state = 'RUNNING', attempts = attempts + 1, max_attempts = max_attempts + was_broken_off::int, interruptions = interruptions + was_broken_off::int,
             started_at = coalesce(started_at, ${wall})
      FROM due WHERE j.workspace_id = ${ctx.workspaceId} AND j.id = due.id
      RETURNING j.id, kind, payload, checkpoint, attempts, max_attempts, interruptions, started_at, trace_parent, was_broken_off`;
    if (claimed === undefined) return undefined;
    if (claimed.was_broken_off) tx.count('jobs_total', { kind: claimed.kind, outcome: 'broken_off' });
    await holdOn(deps, tx, claimed);
    return claimed;
  });
}

async function run(deps: JobDeps, ctx: UseCaseContext, row: JobRow): Promise<void> {
  const renew = setInterval(() => void renewLease(deps, ctx, row).catch(() => undefined), deps.leaseMs / 3);
  try {
    const attributes = { 'oppulence.job.id': row.id, 'oppulence.job.attempt': row.attempts };
    const span = { name: `job ${row.kind}`, attributes, parent: row.trace_parent };
    await inSpan(span, () => carryOut(deps, ctx, row));
  } catch (error) {
    if (!(error instanceof LostClaim)) throw error;
    deps.log.warn({ jobId: row.id, kind: row.kind }, 'another worker took this job over');
  } finally {
    clearInterval(renew);
  }
}

async function carryOut(deps: JobDeps, ctx: UseCaseContext, row: JobRow): Promise<void> {
  const handler = deps.handlers.find((candidate) => candidate.contract.kind === row.kind);
  try {
    if (!handler) throw new Error(`No handler for jobs of kind ${row.kind}`);
    refuseIfBrokenOffTooOften(row.interruptions);
    const result = await handler.run(ctx, {
      id: row.id,
      payload: handler.contract.payload.parse(row.payload),
      checkpoint: row.checkpoint,
      report: (progress) => report(deps, ctx, row, handler.contract.attempts, progress),
    });
    await finish(deps, ctx, row, 'SUCCEEDED', { result: result ?? null, error: null });
  } catch (error) {
    if (error instanceof LostClaim) throw error;
    await fail(deps, ctx, row, error);
  }
}

async function fail(deps: JobDeps, ctx: UseCaseContext, row: JobRow, error: unknown): Promise<void> {
  // A provider that is away is trouble to be waited out; every other refusal would be the same next time.
  const refused = error instanceof DomainError && !(error instanceof ProviderUnavailableError);
  const outage = isOutage(error, row.started_at, deps.wall.now());
  const over = refused || error instanceof BrokenOffTooOften || (row.attempts >= row.max_attempts && !outage);
  deps.log[over ? 'error' : 'warn'](
    { err: error, jobId: row.id, kind: row.kind, attempts: row.attempts },
    over ? 'job failed' : 'job failed; it will be tried again',
  );
  const message =
    error instanceof DomainError ? error.message : 'The work could not be finished. It is safe to ask for it again.';
  if (over) await finish(deps, ctx, row, 'FAILED', { result: null, error: message });
  else await requeue(deps, ctx, row, error, outage);
}

async function renewLease(deps: JobDeps, ctx: UseCaseContext, row: JobRow): Promise<void> {
  await ctx.transaction((tx) => holdOn(deps, tx, row));
}

/** What was broken off without getting on is left alone for longer each time: workers that die of something else get over it meanwhile. */
async function holdOn(deps: JobDeps, tx: Tx, row: JobRow): Promise<void> {
  await tx.db.$executeRaw`
    UPDATE kernel.job SET lease_until = ${heldUntil(deps, deps.wall.now(), row.interruptions)}
    WHERE workspace_id = ${tx.workspaceId} AND id = ${row.id} AND state = 'RUNNING' AND attempts = ${row.attempts}`;
}

async function report(
  deps: JobDeps,
  ctx: UseCaseContext,
  row: JobRow,
  allowance: number,
  progress: JobProgress,
): Promise<void> {
  await ctx.transaction(async (tx) => {
    const done = BigInt(progress.done);
    const total = progress.total === undefined ? null : BigInt(progress.total);
    const checkpoint = progress.checkpoint === undefined ? null : JSON.stringify(progress.checkpoint);
    // A job that gets on has all its attempts again: they are for what stands still, not for work that is long and often broken off.
    const [held] = await tx.db.$queryRaw<{ max_attempts: number; interruptions: number }[]>`
      WITH held AS (
        SELECT id, ${done} > done OR ${checkpoint}::jsonb <> coalesce(checkpoint, 'null') AS gets_on FROM kernel.job
        WHERE workspace_id = ${ctx.workspaceId} AND id = ${row.id} AND state = 'RUNNING' AND attempts = ${row.attempts}
        FOR UPDATE
      )
      UPDATE kernel.job j SET max_attempts = CASE WHEN gets_on THEN attempts - 1 + ${allowance} ELSE max_attempts END, interruptions = CASE WHEN gets_on THEN 0 ELSE interruptions END,
             done = ${done}, total = coalesce(${total}, total), message = coalesce(${progress.message ?? null}, message), checkpoint = coalesce(${checkpoint}::jsonb, checkpoint),
             lease_until = ${heldUntil(deps, deps.wall.now(), 0)}
      FROM held WHERE j.workspace_id = ${ctx.workspaceId} AND j.id = held.id
      RETURNING max_attempts, interruptions`;
    if (!held) throw new LostClaim();
    Object.assign(row, held);
    await announce(ctx, row.id, jobProgressed);
  });
  crashpoint('jobs.after-checkpoint');
}

async function finish(
  deps: JobDeps,
  ctx: UseCaseContext,
  row: JobRow,
  state: 'SUCCEEDED' | 'FAILED',
  end: { result: Json; error: string | null },
): Promise<void> {
  await ctx.transaction(async (tx) => {
    const held = await tx.db.$executeRaw`
      UPDATE kernel.job SET state = ${state}, result = ${JSON.stringify(end.result)}::jsonb, error = ${end.error}, finished_at = ${deps.wall.now()}, lease_until = NULL
      WHERE workspace_id = ${ctx.workspaceId} AND id = ${row.id} AND state = 'RUNNING' AND attempts = ${row.attempts}`;
    if (held === 0) throw new LostClaim();
    tx.count('jobs_total', { kind: row.kind, outcome: state === 'SUCCEEDED' ? 'succeeded' : 'failed' });
    await announce(ctx, row.id, jobFinished);
  });
}

/** After an outage it has as many attempts left as before: they are for the work, and the provider's absence says nothing about it. */
async function requeue(
  deps: JobDeps,
  ctx: UseCaseContext,
  row: JobRow,
  error: unknown,
  outage: boolean,
): Promise<void> {
  await ctx.transaction(async (tx) => {
    const held = await tx.db.$executeRaw`
      UPDATE kernel.job SET state = 'QUEUED', lease_until = NULL, max_attempts = max_attempts + ${outage ? 1 : 0}, next_attempt_at = ${takenUpAt(deps.wall.now(), row.attempts, error)}
      WHERE workspace_id = ${ctx.workspaceId} AND id = ${row.id} AND state = 'RUNNING' AND attempts = ${row.attempts}`;
    if (held === 0) throw new LostClaim();
    tx.count('jobs_total', { kind: row.kind, outcome: 'requeued' });
  });
}

async function announce(ctx: UseCaseContext, jobId: string, event: typeof jobProgressed): Promise<void> {
  await ctx.transaction(async (tx) => {
    const job = await tx.db.job.findUniqueOrThrow({
      where: { workspaceId_id: { workspaceId: ctx.workspaceId, id: jobId } },
    });
    const state = job.state as 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';
    await tx.publish(
      event({
        subjectId: jobId,
        payload: {
          jobId,
          kind: job.kind,
          state,
          done: String(job.done),
          total: job.total === null ? null : String(job.total),
          message: job.message,
        },
      }),
    );
  });
}
