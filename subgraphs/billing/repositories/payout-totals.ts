import type { Db } from '#subgraphs/shared/db/prisma.ts';

/** What was paid out in a payout, added up from its balance transactions. */
export interface PayoutTotal {
  /** Sum of the nets of all of them but the payout's own. */
  readonly netMinor: bigint;
  /** Whether each is in the payout's currency. */
  readonly oneCurrency: boolean;
}

/** By payout; one of which no transaction is known has none. */
export async function payoutTotals(
  db: Pick<Db, '$queryRaw'>,
  workspaceId: string,
  payoutIds: readonly string[],
): Promise<ReadonlyMap<string, PayoutTotal>> {
  // A sum of bigints is numeric, which may be beyond what a bigint holds.
  const rows = await db.$queryRaw<{ id: string; net: string; one_currency: boolean }[]>`
    SELECT p.id, coalesce(sum(t.net_minor), 0)::text AS net, bool_and(t.currency = p.currency) AS one_currency
    FROM stripe.payout p JOIN stripe.balance_transaction t ON t.workspace_id = p.workspace_id AND t.payout_id = p.id
    WHERE p.workspace_id = ${workspaceId} AND p.id = ANY(${[...payoutIds]}) AND t.deleted_at IS NULL
      AND t.id IS DISTINCT FROM p.balance_transaction_id
    GROUP BY p.id`;
  return new Map(rows.map(({ id, net, one_currency: oneCurrency }) => [id, { netMinor: BigInt(net), oneCurrency }]));
}
