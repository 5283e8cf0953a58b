import type { PrismaTransactionClient } from '#subgraphs/shared/db/prisma.ts';

/**
 * Has the ledger read by `at` at the latest, from the instant `from` on if that is not read anyway. Waits for whoever is starting the reading at
 * the moment, so that what is asked for here is in that one, or in the next.
 */
export async function hastenLedger(
  db: PrismaTransactionClient,
  workspaceId: string,
  connectionId: string,
  { at, from }: { readonly at: Date; readonly from: Date | null },
): Promise<void> {
  await db.$executeRaw`
    UPDATE billing.sync_schedule SET next_ledger_at = least(next_ledger_at, ${at}), ledger_from = least(ledger_from, ${from}::timestamptz)
    WHERE workspace_id = ${workspaceId} AND connection_id = ${connectionId}`;
}

/** Has the next reading, whenever it is, begin at this instant or earlier. */
export async function askLedgerFrom(
  db: PrismaTransactionClient,
  workspaceId: string,
  connectionId: string,
  from: Date,
): Promise<void> {
  await db.syncSchedule.updateMany({
    where: { workspaceId, connectionId, OR: [{ ledgerFrom: null }, { ledgerFrom: { gt: from } }] },
    data: { ledgerFrom: from },
  });
}

export interface LedgerBounds {
  /** What moved the balance before it was read; null when nothing was. */
  readonly readTo: Date | null;
  /** An earlier instant from which something is to be read. */
  readonly from: Date | null;
}

/** Takes up what was asked for; what is asked for from now on is for the next reading. */
export async function takeLedger(
  db: PrismaTransactionClient,
  workspaceId: string,
  connectionId: string,
): Promise<LedgerBounds> {
  const key = { workspaceId, connectionId };
  const [row] = await db.$queryRaw<LedgerBounds[]>`
    SELECT ledger_read_to AS "readTo", ledger_from AS "from" FROM billing.sync_schedule
    WHERE workspace_id = ${workspaceId} AND connection_id = ${connectionId} FOR UPDATE`;
  await db.syncSchedule.updateMany({ where: key, data: { ledgerFrom: null } });
  return row ?? { readTo: null, from: null };
}

/** Forwards only: what was read stays read. */
export async function noteLedgerRead(
  db: PrismaTransactionClient,
  workspaceId: string,
  connectionId: string,
  to: Date,
): Promise<void> {
  await db.syncSchedule.updateMany({
    where: { workspaceId, connectionId, OR: [{ ledgerReadTo: null }, { ledgerReadTo: { lt: to } }] },
    data: { ledgerReadTo: to },
  });
}
