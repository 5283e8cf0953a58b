import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { lockOpenCaseOf } from '../repositories/cases.ts';
import { endCase } from './end-case.ts';

/** The merchant gave up or took back the invoice, so there is nothing to collect. A repeat finds no open case. */
export async function closeCaseOfInvoice(
  ctx: UseCaseContext,
  { invoiceId, reason }: { invoiceId: string; reason: 'VOIDED' | 'UNCOLLECTIBLE' },
): Promise<void> {
  await ctx.transaction(async (tx) => {
    const open = await lockOpenCaseOf(tx, invoiceId);
    if (open) await endCase(ctx, tx, open, { state: 'CLOSED', reason });
  });
}
