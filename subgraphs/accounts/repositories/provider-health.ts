import type { Db } from '#subgraphs/shared/db/prisma.ts';
import type { Provider } from '../domain/connection.ts';
import type { ProcessHealth } from '../domain/provider-health.ts';

const COLUMNS = {
  breaker: true,
  since: true,
  probeAt: true,
  budgetExhausted: true,
  lastSuccessAt: true,
  lastFailureAt: true,
  lastFailureKind: true,
  calls: true,
  failures: true,
  retries: true,
  rateLimited: true,
  heldBack: true,
  updatedAt: true,
} as const;

/** What each process says of these accounts, by account; an account that no process called has no entry. */
export async function processHealthOf(
  db: Pick<Db, 'providerHealth'>,
  workspaceId: string,
  provider: Provider,
  accounts: readonly string[],
): Promise<ReadonlyMap<string, readonly ProcessHealth[]>> {
  const rows = await db.providerHealth.findMany({
    where: { workspaceId, provider, account: { in: [...accounts] } },
    select: { account: true, ...COLUMNS },
  });
  const byAccount = new Map<string, ProcessHealth[]>();
  for (const { account, breaker, lastFailureKind, ...row } of rows) {
    // Checked by the table.
    const health: ProcessHealth = {
      ...row,
      breaker: breaker as ProcessHealth['breaker'],
      lastFailureKind: lastFailureKind as ProcessHealth['lastFailureKind'],
    };
    byAccount.set(account, [...(byAccount.get(account) ?? []), health]);
  }
  return byAccount;
}
