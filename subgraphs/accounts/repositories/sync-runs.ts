import type { Db } from '#subgraphs/shared/db/prisma.ts';
import type { Difference, SyncRun, SyncRunKind, SyncRunState } from '../domain/sync-run.ts';

export type SyncRunsDb = Pick<Db, 'syncRun' | '$queryRaw'>;

interface SyncRunRow extends Omit<SyncRun, 'kind' | 'state' | 'counts' | 'differences' | 'refused'> {
  readonly kind: string;
  readonly state: string;
  readonly counts: unknown;
  readonly differences: unknown;
  readonly refused: unknown;
}

const asSyncRun = (row: SyncRunRow): SyncRun => ({
  ...row,
  kind: row.kind as SyncRunKind,
  state: row.state as SyncRunState,
  counts: row.counts as SyncRun['counts'],
  differences: row.differences as Difference[],
  refused: row.refused as SyncRun['refused'],
});

/** The run of this job: made now, or the one that it began before it was broken off. */
export async function ensureSyncRun(
  db: SyncRunsDb,
  run: Pick<SyncRun, 'workspaceId' | 'id' | 'connectionId' | 'kind' | 'jobId' | 'startedAt'>,
): Promise<{ readonly run: SyncRun; readonly created: boolean }> {
  const { workspaceId, jobId, startedAt } = run;
  const known = await db.syncRun.findUnique({ where: { workspaceId_jobId: { workspaceId, jobId } } });
  if (known) return { run: asSyncRun(known), created: false };
  const made = await db.syncRun.create({ data: { ...run, state: 'RUNNING', updatedAt: startedAt } });
  return { run: asSyncRun(made), created: true };
}

export async function saveSyncRun(
  db: SyncRunsDb,
  workspaceId: string,
  id: string,
  changes: Partial<Omit<SyncRun, 'workspaceId' | 'id' | 'connectionId' | 'kind' | 'jobId' | 'startedAt'>>,
): Promise<SyncRun> {
  const { counts, differences, refused, ...plain } = changes;
  const row = await db.syncRun.update({
    where: { workspaceId_id: { workspaceId, id } },
    data: {
      ...plain,
      ...(counts === undefined ? {} : { counts: { ...counts } }),
      ...(differences === undefined ? {} : { differences: differences.map((each) => ({ ...each })) }),
      ...(refused === undefined ? {} : { refused: { ...refused } }),
    },
  });
  return asSyncRun(row);
}

export async function syncRunsByIds(
  db: SyncRunsDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, SyncRun>> {
  const rows = await db.syncRun.findMany({ where: { workspaceId, id: { in: [...ids] } } });
  return new Map((await withFailed(db, workspaceId, rows.map(asSyncRun))).map((run) => [run.id, run]));
}

export async function syncRunsPage(
  db: SyncRunsDb,
  workspaceId: string,
  filter: { readonly connectionId?: string | null | undefined },
  slice: { where: object; orderBy: object[]; take: number },
): Promise<SyncRun[]> {
  const rows = await db.syncRun.findMany({
    ...slice,
    where: { ...slice.where, workspaceId, ...(filter.connectionId ? { connectionId: filter.connectionId } : {}) },
  });
  return withFailed(db, workspaceId, rows.map(asSyncRun));
}

export async function countSyncRuns(
  db: SyncRunsDb,
  workspaceId: string,
  filter: { readonly connectionId?: string | null | undefined },
  upTo: number,
): Promise<number> {
  return db.syncRun.count({
    where: { workspaceId, ...(filter.connectionId ? { connectionId: filter.connectionId } : {}) },
    take: upTo,
  });
}

/** A job that was given up cannot say so in its run any more: the kernel knows. */
async function withFailed(db: SyncRunsDb, workspaceId: string, runs: readonly SyncRun[]): Promise<SyncRun[]> {
  const open = runs.filter(({ state }) => state === 'RUNNING').map(({ jobId }) => jobId);
  if (open.length === 0) return [...runs];
  const failed = await db.$queryRaw<{ id: string; finished_at: Date | null }[]>`
    SELECT id, finished_at FROM kernel.job WHERE workspace_id = ${workspaceId} AND id = ANY(${open}) AND state = 'FAILED'`;
  const ends = new Map(failed.map((job) => [job.id, job.finished_at]));
  return runs.map((run) =>
    run.state === 'RUNNING' && ends.has(run.jobId)
      ? { ...run, state: 'FAILED', finishedAt: ends.get(run.jobId) ?? null }
      : run,
  );
}
