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

type Db = Pick<PrismaTransactionClient, 'heardAccount'>;

export interface OtherAccount {
  readonly account: string;
  /** From when on its ledger is to be read, if that is earlier than the connection's. */
  readonly ledgerFrom: Date | null;
}

/** Accounts other than `own` that were heard of through a connection: those that are connected to it at Stripe. */
export async function otherAccounts(
  db: Db,
  workspaceId: string,
  connectionId: string,
  own: string,
): Promise<readonly OtherAccount[]> {
  return db.heardAccount.findMany({
    where: { workspaceId, connectionId, account: { not: own } },
    orderBy: { account: 'asc' },
    select: { account: true, ledgerFrom: true },
  });
}

/** What Stripe did not show of an account's ledger stays to be read; null: it was all shown. */
export async function noteUnread(db: Db, workspaceId: string, heard: Heard, ledgerFrom: Date | null): Promise<void> {
  await db.heardAccount.updateMany({ where: { workspaceId, ...heard }, data: { ledgerFrom } });
}
