import type { PrismaTransactionClient, Query } from '#subgraphs/shared/db/prisma.ts';

export interface Heard {
  readonly connectionId: string;
  readonly account: string;
}

/** Remembers whose events came through which connection; what is known already stays as it is. `now` is wall time. */
export async function noteHeard(query: Query, workspaceId: string, heard: readonly Heard[], now: Date): Promise<void> {
  const distinct = new Map(heard.map((each) => [`${each.connectionId} ${each.account}`, each]));
  if (distinct.size === 0) return;
  await query(
    `INSERT INTO billing.heard_account (workspace_id, connection_id, account, first_heard_at)
     SELECT $1, "connectionId", account, $2 FROM jsonb_to_recordset($3::jsonb) AS r("connectionId" text, account text)
     ON CONFLICT DO NOTHING`,
    [workspaceId, now, JSON.stringify([...distinct.values()])],
  );
}

/** Accounts other than `own` that were heard of through a connection: those that are connected to it at Stripe. */
export async function otherAccounts(
  db: Pick<PrismaTransactionClient, 'heardAccount'>,
  workspaceId: string,
  connectionId: string,
  own: string,
): Promise<string[]> {
  const rows = await db.heardAccount.findMany({
    where: { workspaceId, connectionId, account: { not: own } },
    orderBy: { account: 'asc' },
    select: { account: true },
  });
  return rows.map(({ account }) => account);
}
