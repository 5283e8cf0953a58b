import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { isLive } from '../domain/magic-link.ts';
import type { PaymentsPort } from '../ports.ts';
import { lockCase } from '../repositories/cases.ts';
import { findLink, updateLink, type MagicLink } from '../repositories/links.ts';

export interface ReturnUrls {
  readonly successUrl: string;
  readonly cancelUrl: string;
}

/**
 * The hosted page on which the customer enters a card. A link has one such page at a time: pressing twice, or two people, get the same;
 * only when it ran out there is a next one. The link must be READY (view-link.ts).
 * @returns null when the link ended meanwhile, or its page was completed already.
 */
export async function startCardSetup(
  ctx: UseCaseContext,
  payments: PaymentsPort,
  link: MagicLink,
  urls: ReturnUrls,
): Promise<{ url: string } | null> {
  const page = await nextPage(ctx, payments, link);
  if (page === null) return null;
  // The key is the link and the number of the page, so that whoever asks again, also after a crash, gets the same page.
  const idempotencyKey = `oppulence-${link.id}-${String(page)}`;
  const { url, sessionId } = await payments.openCardSetup(ctx, { invoiceId: link.invoiceId, idempotencyKey, ...urls });
  const isOurs = await remember(ctx, link, page, sessionId);
  return isOurs ? { url } : null;
}

async function nextPage(ctx: UseCaseContext, payments: PaymentsPort, link: MagicLink): Promise<number | null> {
  if (link.checkoutSessionId === null) return 1;
  const { status } = await payments.readCardSetup(ctx, {
    invoiceId: link.invoiceId,
    sessionId: link.checkoutSessionId,
  });
  if (status === 'COMPLETE') return null;
  return status === 'EXPIRED' ? link.checkoutCount + 1 : link.checkoutCount;
}

async function remember(
  ctx: UseCaseContext,
  { id, caseId }: MagicLink,
  page: number,
  sessionId: string,
): Promise<boolean> {
  return ctx.transaction(async (tx) => {
    const theCase = await lockCase(tx.db, ctx.workspaceId, caseId);
    const link = await findLink(tx.db, ctx.workspaceId, id);
    if (theCase?.state !== 'OPEN' || !link || !isLive(link.state)) return false;
    // Somebody slower must not put an older page back.
    if (page >= link.checkoutCount)
      await updateLink(tx.db, link, { checkoutCount: page, checkoutSessionId: sessionId });
    return true;
  });
}
