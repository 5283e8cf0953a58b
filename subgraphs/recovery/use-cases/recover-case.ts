import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { Money } from '#subgraphs/shared/money/money.ts';
import { attributeRecovery } from '../domain/attribution.ts';
import { attemptsByCases } from '../repositories/attempts.ts';
import { lockOpenCaseOf } from '../repositories/cases.ts';
import { completedLinkIds } from '../repositories/links.ts';
import { endCase } from './end-case.ts';

/** The provider says that the invoice is paid: its open case, if any, has succeeded. A repeat finds no open case. */
export async function recoverCase(
  ctx: UseCaseContext,
  { invoiceId, amountPaid }: { invoiceId: string; amountPaid: Money },
): Promise<void> {
  await ctx.transaction(async (tx) => {
    const open = await lockOpenCaseOf(tx, invoiceId);
    if (!open) return;
    const attempts = (await attemptsByCases(tx.db, ctx.workspaceId, [open.id])).get(open.id) ?? [];
    const attribution = attributeRecovery({
      attempts,
      completedLinkIds: await completedLinkIds(tx.db, ctx.workspaceId, open.id),
    });
    await endCase(ctx, tx, open, { state: 'RECOVERED', attribution, amountPaid });
  });
}
