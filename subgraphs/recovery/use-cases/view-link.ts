import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { payPageState, type PayPageState } from '../domain/pay-page-state.ts';
import { aboutCaseEvent, linkOpened } from '../events.ts';
import type { InvoiceFacts, PaymentsPort } from '../ports.ts';
import { attemptOfLink } from '../repositories/attempts.ts';
import { findCase, lockCase } from '../repositories/cases.ts';
import { findLink, updateLink, type MagicLink } from '../repositories/links.ts';

export interface LinkView {
  readonly state: PayPageState;
  readonly link: MagicLink;
  /** Null when billing does not know the invoice any more. */
  readonly facts: InvoiceFacts | null;
}

/** What a link shows right now. Changes nothing. */
export async function viewLink(ctx: UseCaseContext, payments: PaymentsPort, linkId: string): Promise<LinkView | null> {
  const link = await findLink(ctx.db, ctx.workspaceId, linkId);
  const theCase = link && (await findCase(ctx.db, ctx.workspaceId, link.caseId));
  if (!link || !theCase) return null;
  const [facts, attempt, now] = await Promise.all([
    payments.invoiceFacts(ctx, link.invoiceId),
    attemptOfLink(ctx.db, ctx.workspaceId, linkId),
    ctx.businessNow(),
  ]);
  const state = payPageState({
    link,
    theCase,
    invoiceStatus: facts?.status ?? null,
    attempt: attempt?.state ?? null,
    now,
  });
  return { state, link, facts };
}

/** Notes that the page was looked at for the first time. A mail scanner may be who looks: it uses nothing up. */
export async function noteLinkOpened(ctx: UseCaseContext, { id, caseId }: MagicLink): Promise<void> {
  await ctx.transaction(async (tx) => {
    const theCase = await lockCase(tx.db, ctx.workspaceId, caseId);
    const link = await findLink(tx.db, ctx.workspaceId, id);
    if (!theCase || link?.state !== 'ISSUED') return;
    await updateLink(tx.db, link, { state: 'OPENED', openedAt: tx.now });
    await tx.publish(aboutCaseEvent(linkOpened, theCase, { linkId: id }));
  });
}
