import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { PaymentDeclined } from '../billing-events.ts';
import { lockOpenCaseOf } from '../repositories/cases.ts';
import { newestDecline, saveDecline } from '../repositories/declines.ts';
import { classifyCase } from './classify-case.ts';

/**
 * The bank's reason for a failed payment. It may come before the failure that opens the case and in any order, so it is kept, and the
 * newest attempt's reason is the case's. `declinedAt` is business time.
 */
export async function noteDecline(ctx: UseCaseContext, declined: PaymentDeclined, declinedAt: Date): Promise<void> {
  await ctx.transaction(async (tx) => {
    const { workspaceId } = ctx;
    const { invoiceId, attemptCount } = declined;
    await saveDecline(tx.db, {
      workspaceId,
      invoiceId,
      attemptCount,
      declineCode: declined.declineCode ?? null,
      adviceCode: declined.adviceCode ?? null,
      networkDeclineCode: declined.networkDeclineCode ?? null,
      networkAdviceCode: declined.networkAdviceCode ?? null,
      paymentMethodId: declined.paymentMethodId ?? null,
      chargeId: declined.chargeId ?? null,
      declinedAt,
    });
    const open = await lockOpenCaseOf(tx, invoiceId);
    const newest = await newestDecline(tx.db, workspaceId, invoiceId);
    if (open && newest) await classifyCase(ctx, tx, open, newest, newest.declinedAt);
  });
}
