import type { StepExecution } from '#prisma/generated/client/client.ts';
import type { RecoveryDb } from './db.ts';
import { groupBy } from '#subgraphs/shared/batching/group-by.ts';

export type { StepExecution };
export type StepState = 'RUNNING' | 'DONE' | 'SKIPPED' | 'CANCELED';

interface NewStep {
  readonly workspaceId: string;
  readonly id: string;
  readonly caseId: string;
  readonly stepId: string;
  readonly type: string;
  readonly state: 'RUNNING' | 'SKIPPED';
  readonly outcome?: string;
  readonly startedAt: Date;
  readonly dueAt?: Date;
}

/** Writes down that a step begins (or is passed over). The case is locked, so its visits are counted without a race. */
export async function insertStep(db: RecoveryDb, fresh: NewStep): Promise<StepExecution> {
  const { workspaceId, caseId, stepId } = fresh;
  const visits = await db.stepExecution.count({ where: { workspaceId, caseId, stepId } });
  return db.stepExecution.create({
    data: { ...fresh, visit: visits + 1, ...(fresh.state === 'SKIPPED' && { finishedAt: fresh.startedAt }) },
  });
}

export async function runningStep(db: RecoveryDb, workspaceId: string, id: string): Promise<StepExecution | null> {
  return db.stepExecution.findFirst({ where: { workspaceId, id, state: 'RUNNING' } });
}

export async function finishStep(
  db: RecoveryDb,
  { workspaceId, id }: Pick<StepExecution, 'workspaceId' | 'id'>,
  end: { state: StepState; outcome: string; finishedAt: Date },
): Promise<void> {
  await db.stepExecution.update({ where: { workspaceId_id: { workspaceId, id } }, data: end });
}

export async function countSteps(db: RecoveryDb, workspaceId: string, caseId: string): Promise<number> {
  return db.stepExecution.count({ where: { workspaceId, caseId } });
}

/** @returns how many steps were still running. */
export async function cancelRunningSteps(
  db: RecoveryDb,
  workspaceId: string,
  caseId: string,
  finishedAt: Date,
): Promise<number> {
  const where = { workspaceId, caseId, state: 'RUNNING' };
  return (await db.stepExecution.updateMany({ where, data: { state: 'CANCELED', outcome: 'CASE_ENDED', finishedAt } }))
    .count;
}

/** In the order in which they ran. */
export async function stepsByCases(
  db: RecoveryDb,
  workspaceId: string,
  caseIds: readonly string[],
): Promise<Map<string, StepExecution[]>> {
  const rows = await db.stepExecution.findMany({
    where: { workspaceId, caseId: { in: [...caseIds] } },
    orderBy: [{ startedAt: 'asc' }, { id: 'asc' }],
  });
  return groupBy(rows, ({ caseId }) => caseId);
}
