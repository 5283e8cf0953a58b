import type { PrismaTransactionClient } from '#subgraphs/shared/db/prisma.ts';
import type { ObjectKind } from '../domain/kinds.ts';

export interface RefetchRequest {
  readonly id: string;
  readonly objectId: string;
  readonly kind: ObjectKind;
  readonly account: string;
  readonly stripeId: string;
  readonly connectionId: string;
  readonly doubts: number;
}

export interface Doubt {
  readonly objectId: string;
  readonly kind: ObjectKind;
  readonly account: string;
  readonly stripeId: string;
  readonly connectionId: string;
}

/**
 * One request per object: a second doubt joins the first, and makes a read that is under way not count. Doubts are of different objects.
 * @returns the requests' ids.
 */
export async function requestRefetches(
  db: PrismaTransactionClient,
  workspaceId: string,
  newId: () => string,
  doubts: readonly Doubt[],
  now: Date,
): Promise<string[]> {
  const rows = doubts.map((doubt) => ({ ...doubt, id: newId() }));
  const requests = await db.$queryRaw<{ id: string }[]>`
    INSERT INTO billing.refetch_request AS known (workspace_id, object_id, id, kind, account, stripe_id, connection_id, doubts, requested_at)
    SELECT ${workspaceId}, "objectId", id, kind, account, "stripeId", "connectionId", 1, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS r(id text, "objectId" text, kind text, account text, "stripeId" text, "connectionId" text)
    ON CONFLICT (workspace_id, object_id) DO UPDATE SET doubts = known.doubts + 1, connection_id = EXCLUDED.connection_id
    RETURNING id`;
  return requests.map(({ id }) => id);
}

export async function findRefetch(
  db: PrismaTransactionClient,
  workspaceId: string,
  requestId: string,
): Promise<RefetchRequest | null> {
  const row = await db.refetchRequest.findUnique({ where: { workspaceId_id: { workspaceId, id: requestId } } });
  return row;
}

export async function finishRefetch(
  db: PrismaTransactionClient,
  workspaceId: string,
  requestId: string,
): Promise<void> {
  await db.refetchRequest.deleteMany({ where: { workspaceId, id: requestId } });
}

export async function countRefetches(db: PrismaTransactionClient, workspaceId: string): Promise<number> {
  return db.refetchRequest.count({ where: { workspaceId } });
}
