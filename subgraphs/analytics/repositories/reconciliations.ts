import type { Db } from '#subgraphs/shared/db/prisma.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import type { MirrorDifference } from '../domain/mirror-difference.ts';
import type { Reconciliation } from '../domain/reconciliation.ts';

type ReconciliationsDb = Pick<Db, 'reconciliation'>;

const asReconciliation = (row: Omit<Reconciliation, 'differences'> & { differences: unknown }): Reconciliation => ({
  ...row,
  differences: row.differences as MirrorDifference[],
});

/** @returns false when the job has told already, before it was broken off. */
export async function saveReconciliation(db: ReconciliationsDb, reconciliation: Reconciliation): Promise<boolean> {
  const { count } = await db.reconciliation.createMany({
    data: { ...reconciliation, differences: reconciliation.differences.map((each) => ({ ...each })) },
    skipDuplicates: true,
  });
  return count === 1;
}

export async function reconciliationsByIds(
  db: ReconciliationsDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Reconciliation>> {
  const rows = await db.reconciliation.findMany({ where: { workspaceId, id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, asReconciliation(row)]));
}

export async function reconciliationsPage(
  db: ReconciliationsDb,
  workspaceId: string,
  slice: { where: object; orderBy: object[]; take: number },
): Promise<Reconciliation[]> {
  const rows = await db.reconciliation.findMany({ ...slice, where: { ...slice.where, workspaceId } });
  return rows.map(asReconciliation);
}

export async function countReconciliations(db: ReconciliationsDb, workspaceId: string, upTo: number): Promise<number> {
  return db.reconciliation.count({ where: { workspaceId }, take: upTo });
}

/** Workspaces with events that were last compared as a whole before `before`; the first time as long after their first event as there is between two. */
export async function workspacesToReconcile(system: SystemDb, before: Date): Promise<readonly string[]> {
  const rows = await system.query<{ workspace_id: string }>(
    `SELECT h.workspace_id FROM kernel.stream_head h
     WHERE NOT EXISTS (SELECT FROM analytics.reconciliation r WHERE r.workspace_id = h.workspace_id AND r.kind IS NULL AND r.started_at > $1)
       AND coalesce((SELECT numbered_at FROM kernel.stream s WHERE s.workspace_id = h.workspace_id ORDER BY seq LIMIT 1), '-infinity') <= $1`,
    [before],
  );
  return rows.map((row) => row.workspace_id);
}
