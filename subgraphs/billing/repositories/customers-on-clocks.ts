import type { PrismaTransactionClient } from '#subgraphs/shared/db/prisma.ts';

/** Which of these customers live on a test clock: our id → Stripe's id of the clock. */
export async function testClocksOf(
  db: PrismaTransactionClient,
  workspaceId: string,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await db.customer.findMany({
    where: { workspaceId, id: { in: [...customerIds] }, testClockId: { not: null } },
    select: { id: true, testClockId: true },
  });
  return new Map(rows.flatMap(({ id, testClockId }) => (testClockId === null ? [] : [[id, testClockId] as const])));
}

/** The customers of an account that still exist, in the order of our ids, after `after`. */
export async function nextCustomers(
  db: PrismaTransactionClient,
  workspaceId: string,
  page: { readonly account: string; readonly after: string | null; readonly limit: number },
): Promise<readonly { readonly id: string; readonly stripeId: string }[]> {
  return db.customer.findMany({
    where: {
      workspaceId,
      account: page.account,
      deletedAt: null,
      ...(page.after === null ? {} : { id: { gt: page.after } }),
    },
    orderBy: { id: 'asc' },
    take: page.limit,
    select: { id: true, stripeId: true },
  });
}
