import type { Tx } from './context.ts';

/** Gives a new workspace its clock. A workspace's mode never changes. */
export async function createWorkspaceClock(tx: Tx, mode: 'LIVE' | 'TEST'): Promise<void> {
  await tx.db.workspaceClock.create({ data: { workspaceId: tx.workspaceId, mode } });
}

/** Moves a TEST workspace's business time forward; an instant that is not later changes nothing. @returns business time afterwards. */
export async function moveTestClock(tx: Tx, to: Date, wallNow: Date): Promise<Date> {
  await tx.db.$executeRaw`
    UPDATE kernel.workspace_clock SET test_now = ${to}, moved_at = ${wallNow}
    WHERE workspace_id = ${tx.workspaceId} AND mode = 'TEST' AND coalesce(test_now, ${wallNow}) < ${to}`;
  const clock = await tx.db.workspaceClock.findUniqueOrThrow({ where: { workspaceId: tx.workspaceId } });
  return clock.testNow ?? wallNow;
}
