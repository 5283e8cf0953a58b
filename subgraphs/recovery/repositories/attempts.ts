import type { RetryAttempt as Row } from '#prisma/generated/client/client.ts';
import type { AttemptOrigin, AttemptState } from '../domain/attribution.ts';
import type { RecoveryDb } from './db.ts';
import { groupBy } from '#subgraphs/shared/batching/group-by.ts';

/** One request of ours to collect an invoice. */
export type RetryAttempt = Omit<Row, 'state' | 'origin'> & {
  readonly state: AttemptState;
  readonly origin: AttemptOrigin;
};

type NewAttempt = Pick<RetryAttempt, 'workspaceId' | 'id' | 'caseId' | 'origin' | 'scheduledAt' | 'dueAt'> &
  Partial<Pick<RetryAttempt, 'stepExecutionId' | 'linkId'>>;

/** @returns null when this step or link already has its attempt. */
export async function insertAttempt(db: RecoveryDb, fresh: NewAttempt): Promise<RetryAttempt | null> {
  // The key is the row's own id: whoever carries the attempt out again sends the same key, a new attempt a new one.
  const data = { ...fresh, state: 'SCHEDULED', idempotencyKey: `oppulence-${fresh.id}` };
  const { count } = await db.retryAttempt.createMany({ data: [data], skipDuplicates: true });
  return count === 0 ? null : findAttempt(db, fresh.workspaceId, fresh.id);
}

export async function findAttempt(db: RecoveryDb, workspaceId: string, id: string): Promise<RetryAttempt | null> {
  const row = await db.retryAttempt.findUnique({ where: { workspaceId_id: { workspaceId, id } } });
  return row && toAttempt(row);
}

/** @throws when there is none: an effect names a row that was written with it. */
export async function getAttempt(db: RecoveryDb, workspaceId: string, id: string): Promise<RetryAttempt> {
  return toAttempt(await db.retryAttempt.findUniqueOrThrow({ where: { workspaceId_id: { workspaceId, id } } }));
}

export async function updateAttempt(
  db: RecoveryDb,
  { workspaceId, id }: RetryAttempt,
  change: Partial<Pick<RetryAttempt, 'state' | 'declineCode' | 'skipReason' | 'dueAt' | 'sendingAt' | 'settledAt'>>,
): Promise<RetryAttempt> {
  return toAttempt(await db.retryAttempt.update({ where: { workspaceId_id: { workspaceId, id } }, data: change }));
}

/** Attempts nobody has begun to send. @returns how many. */
export async function skipScheduledAttempts(
  db: RecoveryDb,
  workspaceId: string,
  caseId: string,
  now: Date,
): Promise<number> {
  const where = { workspaceId, caseId, state: 'SCHEDULED' };
  return (
    await db.retryAttempt.updateMany({ where, data: { state: 'SKIPPED', skipReason: 'CASE_ENDED', settledAt: now } })
  ).count;
}

/** How often the workflow itself has asked the bank (or may have), which is what the caps of a decline class count. */
export async function countWorkflowRetries(db: RecoveryDb, workspaceId: string, caseId: string): Promise<number> {
  const asked = ['SENDING', 'SUCCEEDED', 'DECLINED', 'UNKNOWN'];
  return db.retryAttempt.count({ where: { workspaceId, caseId, origin: 'WORKFLOW', state: { in: asked } } });
}

export async function attemptsByIds(
  db: RecoveryDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<Map<string, RetryAttempt>> {
  const rows = await db.retryAttempt.findMany({ where: { workspaceId, id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, toAttempt(row)]));
}

/** In the order in which they were scheduled. */
export async function attemptsByCases(
  db: RecoveryDb,
  workspaceId: string,
  caseIds: readonly string[],
): Promise<Map<string, RetryAttempt[]>> {
  const rows = await db.retryAttempt.findMany({
    where: { workspaceId, caseId: { in: [...caseIds] } },
    orderBy: [{ scheduledAt: 'asc' }, { id: 'asc' }],
  });
  return groupBy(rows.map(toAttempt), ({ caseId }) => caseId);
}

export async function attemptOfLink(db: RecoveryDb, workspaceId: string, linkId: string): Promise<RetryAttempt | null> {
  const row = await db.retryAttempt.findUnique({ where: { workspaceId_linkId: { workspaceId, linkId } } });
  return row && toAttempt(row);
}

function toAttempt(row: Row): RetryAttempt {
  return row as RetryAttempt; // held to these values by CHECK constraints
}
