import type { Db } from '#subgraphs/shared/db/prisma.ts';

/**
 * The earliest instant after `now` at which Stripe acts by itself on something of this workspace that lives on a test clock: a subscription's
 * period ends, a draft is finalised, a payment is tried again. What is not on a clock happens in real time and is nobody's next stop.
 */
export async function nextStripeChange(
  db: Pick<Db, 'subscription' | 'invoice'>,
  workspaceId: string,
  now: Date,
): Promise<Date | null> {
  const mine = { workspaceId, deletedAt: null, testClockId: { not: null } };
  const [renewal, draft, retry] = await Promise.all([
    db.subscription.aggregate({
      _min: { currentPeriodEnd: true },
      where: { ...mine, status: { in: ['ACTIVE', 'PAST_DUE', 'TRIALING'] }, currentPeriodEnd: { gt: now } },
    }),
    db.invoice.aggregate({
      _min: { automaticallyFinalizesAt: true },
      where: { ...mine, status: 'DRAFT', automaticallyFinalizesAt: { gt: now } },
    }),
    db.invoice.aggregate({
      _min: { nextPaymentAttemptAt: true },
      where: { ...mine, status: 'OPEN', nextPaymentAttemptAt: { gt: now } },
    }),
  ]);
  const instants = [
    renewal._min.currentPeriodEnd,
    draft._min.automaticallyFinalizesAt,
    retry._min.nextPaymentAttemptAt,
  ].filter((at) => at !== null);
  return instants.length === 0 ? null : new Date(Math.min(...instants.map((at) => at.getTime())));
}
