import type { Db } from '#subgraphs/shared/db/prisma.ts';

export type EventLogDb = Pick<Db, 'streamHead'>;

/** The number of the last event that was numbered in this workspace. */
export async function streamHead(db: EventLogDb, workspaceId: string): Promise<bigint> {
  const row = await db.streamHead.findUnique({ where: { workspaceId }, select: { seq: true } });
  return row?.seq ?? 0n;
}
