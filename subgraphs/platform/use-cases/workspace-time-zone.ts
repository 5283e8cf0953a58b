import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { workspacesByIds } from '../repositories/workspaces.ts';

/** The IANA zone in which a workspace's days begin and end; UTC for a workspace that is not known. */
export async function workspaceTimeZone(ctx: UseCaseContext): Promise<string> {
  const found = await workspacesByIds(ctx.db, ctx.workspaceId, [ctx.workspaceId]);
  return found.get(ctx.workspaceId)?.timezone ?? 'UTC';
}
