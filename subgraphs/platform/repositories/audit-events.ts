import type { Db } from '#subgraphs/shared/db/prisma.ts';
import type { ActorType, AuditEvent, AuditOutcome } from '../domain/audit-event.ts';
import type { Slice } from './slice.ts';

export type AuditEventsDb = Pick<Db, 'auditEvent'>;

export interface AuditFilter {
  readonly action?: string | null | undefined;
  readonly actorId?: string | null | undefined;
  readonly targetId?: string | null | undefined;
  readonly outcome?: AuditOutcome | null | undefined;
}

const matching = (workspaceId: string, { action, actorId, targetId, outcome }: AuditFilter): object => ({
  workspaceId,
  ...(action ? { action } : {}),
  ...(actorId ? { actorId } : {}),
  ...(targetId ? { targetId } : {}),
  ...(outcome ? { outcome } : {}),
});

export async function auditEventsPage(
  db: AuditEventsDb,
  workspaceId: string,
  filter: AuditFilter,
  slice: Slice,
): Promise<AuditEvent[]> {
  const rows = await db.auditEvent.findMany({ ...slice, where: { ...slice.where, ...matching(workspaceId, filter) } });
  return rows.map((row) => ({ ...row, outcome: row.outcome as AuditOutcome, actorType: row.actorType as ActorType }));
}

export async function countAuditEvents(
  db: AuditEventsDb,
  workspaceId: string,
  filter: AuditFilter,
  upTo: number,
): Promise<number> {
  return db.auditEvent.count({ where: matching(workspaceId, filter), take: upTo });
}
