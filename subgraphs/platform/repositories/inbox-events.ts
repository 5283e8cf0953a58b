import type { Db } from '#subgraphs/shared/db/prisma.ts';
import type { InboxEvent, InboxState } from '../domain/inbox-event.ts';
import type { Slice } from './slice.ts';

export type InboxEventsDb = Pick<Db, 'inboxEvent' | '$queryRaw'>;

// Everything but the body, which is up to 1.5 MB and read one at a time.
const COLUMNS = {
  workspaceId: true,
  id: true,
  provider: true,
  connectionId: true,
  providerEventId: true,
  eventType: true,
  eventCreatedAt: true,
  account: true,
  livemode: true,
  apiVersion: true,
  objectId: true,
  secretId: true,
  state: true,
  reason: true,
  attempts: true,
  receivedAt: true,
  nextAttemptAt: true,
  appliedAt: true,
} as const;

const asInboxEvent = (row: Omit<InboxEvent, 'state'> & { readonly state: string }): InboxEvent => ({
  ...row,
  state: row.state as InboxState,
});

export interface InboxFilter {
  readonly state?: InboxState | null | undefined;
  readonly type?: string | null | undefined;
}

const matching = (workspaceId: string, filter: InboxFilter): object => ({
  workspaceId,
  ...(filter.state ? { state: filter.state } : {}),
  ...(filter.type ? { eventType: filter.type } : {}),
});

export async function inboxEventsByIds(
  db: InboxEventsDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, InboxEvent>> {
  const rows = await db.inboxEvent.findMany({ where: { workspaceId, id: { in: [...ids] } }, select: COLUMNS });
  return new Map(rows.map((row) => [row.id, asInboxEvent(row)]));
}

export async function inboxBodiesByIds(
  db: InboxEventsDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const rows = await db.inboxEvent.findMany({
    where: { workspaceId, id: { in: [...ids] } },
    select: { id: true, body: true },
  });
  return new Map(rows.map((row) => [row.id, row.body]));
}

export async function inboxStacksByIds(
  db: InboxEventsDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const rows = await db.inboxEvent.findMany({
    where: { workspaceId, id: { in: [...ids] } },
    select: { id: true, stack: true },
  });
  return new Map(rows.map((row) => [row.id, row.stack]));
}

export async function inboxEventsPage(
  db: InboxEventsDb,
  workspaceId: string,
  filter: InboxFilter,
  slice: Slice,
): Promise<InboxEvent[]> {
  const rows = await db.inboxEvent.findMany({
    ...slice,
    where: { ...slice.where, ...matching(workspaceId, filter) },
    select: COLUMNS,
  });
  return rows.map(asInboxEvent);
}

export async function countInboxEvents(
  db: InboxEventsDb,
  workspaceId: string,
  filter: InboxFilter,
  upTo: number,
): Promise<number> {
  return db.inboxEvent.count({ where: matching(workspaceId, filter), take: upTo });
}

/** How often each was delivered. The count stands with the key by which repeats are known, not with the body. */
export async function deliveriesByIds(
  db: InboxEventsDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await db.$queryRaw<{ id: string; deliveries: number }[]>`
    SELECT e.id, k.deliveries FROM kernel.inbox_event e JOIN kernel.inbox_key k USING (workspace_id, endpoint_id, provider_event_id)
    WHERE e.workspace_id = ${workspaceId} AND e.id = ANY(${[...ids]})`;
  return new Map(rows.map(({ id, deliveries }) => [id, deliveries]));
}
