import type { Db } from '#subgraphs/shared/db/prisma.ts';
import type { Workspace, WorkspaceMode } from '../domain/workspace.ts';

export type WorkspacesDb = Pick<Db, 'workspace'>;

interface WorkspaceRow extends Omit<Workspace, 'mode'> {
  readonly mode: string;
}

const asWorkspace = (row: WorkspaceRow): Workspace => ({ ...row, mode: row.mode as WorkspaceMode });

export async function insertWorkspace(db: WorkspacesDb, workspace: Workspace): Promise<void> {
  await db.workspace.create({ data: workspace });
}

/** Row-level security shows a caller one workspace, so this map holds at most that one. */
export async function workspacesByIds(
  db: WorkspacesDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Workspace>> {
  if (!ids.includes(workspaceId)) return new Map();
  const row = await db.workspace.findUnique({ where: { id: workspaceId } });
  return row === null ? new Map() : new Map([[row.id, asWorkspace(row)]]);
}
