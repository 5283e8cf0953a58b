import type { Db } from '#subgraphs/shared/db/prisma.ts';
import type { Json } from '#subgraphs/shared/json/json.ts';
import type { Job, JobState } from '../domain/job.ts';
import type { Slice } from './slice.ts';

export type JobsDb = Pick<Db, 'job'>;

// The payload and the checkpoint are the runner's; a caller sees what became of the work.
const COLUMNS = {
  workspaceId: true,
  id: true,
  kind: true,
  state: true,
  done: true,
  total: true,
  message: true,
  result: true,
  error: true,
  createdAt: true,
  startedAt: true,
  finishedAt: true,
} as const;

const asJob = (row: Omit<Job, 'state' | 'result'> & { readonly state: string; readonly result: unknown }): Job => ({
  ...row,
  state: row.state as JobState,
  result: row.result as Json | null,
});

export async function jobsByIds(
  db: JobsDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Job>> {
  const rows = await db.job.findMany({ where: { workspaceId, id: { in: [...ids] } }, select: COLUMNS });
  return new Map(rows.map((row) => [row.id, asJob(row)]));
}

export async function jobById(db: JobsDb, workspaceId: string, id: string): Promise<Job | null> {
  return (await jobsByIds(db, workspaceId, [id])).get(id) ?? null;
}

export interface JobFilter {
  readonly kind?: string | null | undefined;
  readonly state?: JobState | null | undefined;
}

const matching = (workspaceId: string, filter: JobFilter): object => ({
  workspaceId,
  ...(filter.kind ? { kind: filter.kind } : {}),
  ...(filter.state ? { state: filter.state } : {}),
});

export async function jobsPage(db: JobsDb, workspaceId: string, filter: JobFilter, slice: Slice): Promise<Job[]> {
  const rows = await db.job.findMany({
    ...slice,
    where: { ...slice.where, ...matching(workspaceId, filter) },
    select: COLUMNS,
  });
  return rows.map(asJob);
}

export async function countJobs(db: JobsDb, workspaceId: string, filter: JobFilter, upTo: number): Promise<number> {
  return db.job.count({ where: matching(workspaceId, filter), take: upTo });
}

/** Where an unfinished journey of the test clock goes, as ISO text. */
export async function journeyTarget(db: JobsDb, workspaceId: string, id: string): Promise<string | null> {
  const row = await db.job.findUnique({ where: { workspaceId_id: { workspaceId, id } }, select: { payload: true } });
  const payload = row?.payload;
  return typeof payload === 'object' && payload !== null && 'to' in payload && typeof payload['to'] === 'string'
    ? payload['to']
    : null;
}

/** Work that may still change this workspace, besides the asking job: for the system role. */
export const OTHER_UNFINISHED_JOBS = `SELECT kind FROM kernel.job WHERE workspace_id = $1 AND id <> $2 AND state IN ('QUEUED', 'RUNNING')`;
