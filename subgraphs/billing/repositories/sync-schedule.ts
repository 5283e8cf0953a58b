import type { PrismaTransactionClient } from '#subgraphs/shared/db/prisma.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';

export interface SyncSchedule {
  readonly caughtUpTo: Date | null;
  readonly nextCatchUpAt: Date;
  readonly nextCompareAt: Date;
  readonly nextLedgerAt: Date;
  readonly ledgerReadTo: Date | null;
}

type Db = Pick<PrismaTransactionClient, 'syncSchedule'>;

export async function findSchedule(db: Db, workspaceId: string, connectionId: string): Promise<SyncSchedule | null> {
  return db.syncSchedule.findUnique({ where: { workspaceId_connectionId: { workspaceId, connectionId } } });
}

export async function saveSchedule(
  db: Db,
  workspaceId: string,
  connectionId: string,
  schedule: SyncSchedule,
): Promise<void> {
  const key = { workspaceId, connectionId };
  await db.syncSchedule.upsert({
    where: { workspaceId_connectionId: key },
    create: { ...key, ...schedule },
    update: schedule,
  });
}

export type NextTimes = Partial<Pick<SyncSchedule, 'nextCatchUpAt' | 'nextCompareAt' | 'nextLedgerAt'>>;

/** Only what is given: others move the rest at the same time. */
export async function moveSchedule(db: Db, workspaceId: string, connectionId: string, next: NextTimes): Promise<void> {
  await db.syncSchedule.updateMany({ where: { workspaceId, connectionId }, data: next });
}

export async function dropSchedule(db: Db, workspaceId: string, connectionId: string): Promise<void> {
  await db.syncSchedule.deleteMany({ where: { workspaceId, connectionId } });
}

/** Forwards only, and only where there is a schedule: what was told stays told. */
export async function noteCaughtUp(db: Db, workspaceId: string, connectionId: string, to: Date): Promise<void> {
  await db.syncSchedule.updateMany({
    where: { workspaceId, connectionId, OR: [{ caughtUpTo: null }, { caughtUpTo: { lt: to } }] },
    data: { caughtUpTo: to },
  });
}

/** When each of those became due, for whoever counts them. */
export const DUE_SYNCS = `SELECT least(next_catch_up_at, next_compare_at, next_ledger_at) AS since FROM billing.sync_schedule
   WHERE least(next_catch_up_at, next_compare_at, next_ledger_at) <= $1`;

/** Connections for which something is due, over all workspaces. */
export async function dueSchedules(
  system: SystemDb,
  now: Date,
): Promise<readonly { readonly workspaceId: string; readonly connectionId: string }[]> {
  const rows = await system.query<{ workspace_id: string; connection_id: string }>(
    'SELECT workspace_id, connection_id FROM billing.sync_schedule WHERE least(next_catch_up_at, next_compare_at, next_ledger_at) <= $1',
    [now],
  );
  return rows.map((row) => ({ workspaceId: row.workspace_id, connectionId: row.connection_id }));
}
