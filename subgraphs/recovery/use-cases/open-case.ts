import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { moneyFromJson, moneyToJson } from '#subgraphs/shared/money/money-json.ts';
import type { PaymentFailed } from '../billing-events.ts';
import { timeZoneFor } from '../domain/time-zones.ts';
import { aboutCaseEvent, caseOpened } from '../events.ts';
import type { InvoiceFacts } from '../ports.ts';
import { hasCase, insertCase, lockOpenCaseOf, updateCase, type RecoveryCase } from '../repositories/cases.ts';
import { newestDecline } from '../repositories/declines.ts';
import { advanceCase } from './advance-case.ts';
import { announceClass, classificationOf } from './classify-case.ts';
import { endCase } from './end-case.ts';
import { installBuiltinWorkflow } from './install-builtin-workflow.ts';

/** What was learned over the network before the transaction. */
export interface Circumstances {
  readonly facts: InvoiceFacts | null;
  readonly workspaceTimeZone: string;
}

/**
 * A payment of an invoice failed: opens the invoice's case and begins its workflow. A failure of an invoice that has its case already,
 * our own retry's included, only brings the open case up to date; one whose case has ended starts nothing again.
 */
export async function openCase(
  ctx: UseCaseContext,
  failed: PaymentFailed,
  { facts, workspaceTimeZone }: Circumstances,
): Promise<void> {
  await ctx.transaction(async (tx) => {
    const { invoiceId, attemptCount } = failed;
    const open = await lockOpenCaseOf(tx, invoiceId);
    if (open) {
      const { amountMinor } = moneyFromJson(failed.amountRemaining);
      if (attemptCount > open.attemptCount) await updateCase(tx.db, open, { attemptCount, amountMinor });
      return;
    }
    if (await hasCase(tx.db, ctx.workspaceId, invoiceId)) return;
    if (facts && facts.status.toLowerCase() !== 'open') {
      ctx.log.info(
        { invoiceId, status: facts.status },
        'the invoice was settled before its failure was looked at: no case',
      );
      return;
    }
    const timeZone = timeZoneFor(facts?.customerCountry ?? null, workspaceTimeZone);
    const customerId = failed.customerId ?? facts?.customerId;
    // Delivered again until billing has heard of the customer: events of one invoice may overtake each other.
    if (customerId === undefined) throw new Error(`nobody knows yet whose invoice ${invoiceId} is`);
    const theCase = await insert(ctx, tx, { ...failed, customerId }, timeZone);
    if (theCase) await begin(ctx, tx, theCase);
  });
}

async function insert(
  ctx: UseCaseContext,
  tx: Tx,
  failed: PaymentFailed & { readonly customerId: string },
  timeZone: string,
): Promise<RecoveryCase | null> {
  const { id: workflowVersionId } = await installBuiltinWorkflow(ctx, tx);
  const decline = await newestDecline(tx.db, ctx.workspaceId, failed.invoiceId);
  return insertCase(tx.db, {
    workspaceId: ctx.workspaceId,
    id: ctx.ids.next('case'),
    invoiceId: failed.invoiceId,
    customerId: failed.customerId,
    subscriptionId: failed.subscriptionId ?? null,
    ...moneyFromJson(failed.amountRemaining),
    attemptCount: failed.attemptCount,
    // Not known yet is treated like a bank that gives no reason: the cautious soft class.
    ...classificationOf(decline ?? { declineCode: null }, decline?.declinedAt ?? tx.now),
    timeZone,
    workflowVersionId,
    openedAt: tx.now,
  });
}

async function begin(ctx: UseCaseContext, tx: Tx, theCase: RecoveryCase): Promise<void> {
  const { subscriptionId, declineCode, declineClass } = theCase;
  await tx.publish(
    aboutCaseEvent(caseOpened, theCase, {
      subscriptionId,
      amount: moneyToJson({ amountMinor: theCase.amountMinor, currency: theCase.currency }),
      declineCode,
      declineClass,
      openedAt: theCase.openedAt.toISOString(),
    }),
  );
  if (declineCode !== null) await announceClass(tx, theCase);
  if (declineClass === 'POLICY') await endCase(ctx, tx, theCase, { state: 'CLOSED', reason: 'REFUSED' });
  else await advanceCase(ctx, tx, theCase, 'STARTED');
}
