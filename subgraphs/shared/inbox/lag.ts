import type { Db } from '../db/prisma.ts';

/** How far what was applied lags behind what was delivered, in one workspace. */
export interface InboxLag {
  /** Deliveries that are kept and not applied yet, those that wait for another try included. */
  readonly pending: number;
  /** When the oldest of them came in, wall time; null when there is none. */
  readonly oldestReceivedAt: Date | null;
}

export async function inboxLag(db: Pick<Db, '$queryRaw'>, workspaceId: string): Promise<InboxLag> {
  const [row] = await db.$queryRaw<{ pending: bigint; oldest: Date | null }[]>`
    SELECT count(*) AS pending, min(received_at) AS oldest FROM kernel.inbox_event
    WHERE workspace_id = ${workspaceId} AND state IN ('RECEIVED', 'FAILED')`;
  return { pending: Number(row?.pending ?? 0), oldestReceivedAt: row?.oldest ?? null };
}
