import type { PrismaTransactionClient } from '#subgraphs/shared/db/prisma.ts';

/** Notes which payout balance transactions were paid out in: known from asking Stripe for those of a payout, and never changed. `now` is wall time. */
export async function assignPayout(
  db: PrismaTransactionClient,
  workspaceId: string,
  payoutId: string,
  balanceTransactionIds: readonly string[],
  now: Date,
): Promise<void> {
  await db.balanceTransaction.updateMany({
    where: {
      workspaceId,
      id: { in: [...balanceTransactionIds] },
      OR: [{ payoutId: null }, { payoutId: { not: payoutId } }],
    },
    data: { payoutId, syncedAt: now },
  });
}

export interface UnlistedPayout {
  readonly id: string;
  readonly stripeId: string;
  readonly account: string;
  /** The state in which its transactions can be listed now. */
  readonly listableAs: string;
}

/** The next payout, by our id, whose transactions Stripe can list and that were not read since it came into its present state. */
export async function nextUnlistedPayout(
  db: PrismaTransactionClient,
  workspaceId: string,
  accounts: readonly string[],
  after: string,
): Promise<UnlistedPayout | null> {
  const [row] = await db.$queryRaw<UnlistedPayout[]>`
    SELECT id, stripe_id AS "stripeId", account, listable_as AS "listableAs" FROM stripe.payout
    WHERE workspace_id = ${workspaceId} AND id > ${after} AND account = ANY(${[...accounts]})
      AND listable_as IS NOT NULL AND listable_as IS DISTINCT FROM listed_as AND deleted_at IS NULL
    ORDER BY id LIMIT 1`;
  return row ?? null;
}

/** All of its transactions, as Stripe lists them in this state, have been read. Under the mirror's lock, as whoever writes it. `now` is wall time. */
export async function notePayoutListed(
  db: PrismaTransactionClient,
  workspaceId: string,
  payoutId: string,
  listedAs: string,
  now: Date,
): Promise<void> {
  await db.payout.updateMany({ where: { workspaceId, id: payoutId }, data: { listedAs, syncedAt: now } });
}
