import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { Difference, SyncRun, SyncRunKind } from '../domain/sync-run.ts';
import { syncRunFinished, syncRunProgressed, syncRunStarted } from '../events.ts';
import { ensureSyncRun, saveSyncRun } from '../repositories/sync-runs.ts';

/** Differences that are kept by name; the rest is counted. */
const NAMED = 100;

export interface SyncProgress {
  readonly done: number;
  /** An estimate between 0 and 1; null when nothing can be told. */
  readonly fraction: number | null;
  readonly apiCalls: number;
  readonly counts: Readonly<Record<string, number>>;
}

export interface SyncResult extends Omit<SyncProgress, 'fraction'> {
  readonly differences?: readonly Difference[];
  /** What the provider would not show, by kind, with its reason: the run is PARTIAL then. */
  readonly refused?: Readonly<Record<string, string>>;
}

/** How whoever reads a connected account tells how it goes. Each call is part of the transaction that keeps what was read. */
export interface SyncRunsPort {
  /** Once for each job, however often it is started again. @returns the run's id. */
  begin(
    ctx: UseCaseContext,
    tx: Tx,
    run: { readonly connectionId: string; readonly kind: SyncRunKind; readonly jobId: string },
  ): Promise<string>;
  progress(ctx: UseCaseContext, tx: Tx, runId: string, progress: SyncProgress): Promise<void>;
  finish(ctx: UseCaseContext, tx: Tx, runId: string, result: SyncResult): Promise<void>;
}

export const syncRuns: SyncRunsPort = {
  begin: async (ctx, tx, { connectionId, kind, jobId }) => {
    const { workspaceId } = ctx;
    const started = { workspaceId, id: ctx.ids.next('run'), connectionId, kind, jobId, startedAt: ctx.wall.now() };
    const { run, created } = await ensureSyncRun(tx.db, started);
    if (created) await tx.publish(syncRunStarted({ subjectId: run.id, payload: factsOf(run) }));
    return run.id;
  },
  progress: async (ctx, tx, runId, { done, fraction, apiCalls, counts }) => {
    const run = await saveSyncRun(tx.db, ctx.workspaceId, runId, {
      done: BigInt(done),
      progressBps: fraction === null ? null : Math.round(Math.min(1, Math.max(0, fraction)) * 10_000),
      apiCalls,
      counts,
      updatedAt: ctx.wall.now(),
    });
    await tx.publish(syncRunProgressed({ subjectId: run.id, payload: factsOf(run) }));
  },
  finish: async (ctx, tx, runId, { done, apiCalls, counts, differences = [], refused = {} }) => {
    const now = ctx.wall.now();
    const run = await saveSyncRun(tx.db, ctx.workspaceId, runId, {
      state: Object.keys(refused).length > 0 ? 'PARTIAL' : 'SUCCEEDED',
      done: BigInt(done),
      progressBps: 10_000,
      apiCalls,
      counts,
      differences: differences.slice(0, NAMED),
      differing: differences.length,
      refused,
      updatedAt: now,
      finishedAt: now,
    });
    await tx.publish(syncRunFinished({ subjectId: run.id, payload: factsOf(run) }));
  },
};

function factsOf(run: SyncRun): {
  runId: string;
  connectionId: string;
  kind: SyncRunKind;
  state: 'RUNNING' | 'SUCCEEDED' | 'PARTIAL';
  done: string;
  differing: number;
} {
  const { id: runId, connectionId, kind, state, done, differing } = run;
  return { runId, connectionId, kind, state: state === 'FAILED' ? 'RUNNING' : state, done: String(done), differing };
}
