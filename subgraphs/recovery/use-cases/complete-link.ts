import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { mayComplete } from '../domain/magic-link.ts';
import { REPLACE_PAYMENT_METHOD } from '../engine/kinds.ts';
import { lockCase } from '../repositories/cases.ts';
import { findLink, linkOfSession, updateLink } from '../repositories/links.ts';

export interface CompletedSetup {
  readonly sessionId: string;
  readonly paymentMethodStripeId: string;
}

/** COMPLETED: by this very call. ALREADY: somebody was first. DEAD: the link or its case had ended. */
export type Completion = 'COMPLETED' | 'ALREADY' | 'DEAD' | 'NOT_OURS';

/**
 * The customer saved a card on the hosted page of a link: that, and nothing a browser or a mail scanner does on ours, uses the link up.
 * The card then replaces the one that failed, and the invoice is collected. Two at once: one completes.
 */
export async function completeLink(
  ctx: UseCaseContext,
  { sessionId, paymentMethodStripeId }: CompletedSetup,
): Promise<Completion> {
  return ctx.transaction(async (tx) => {
    const { workspaceId } = ctx;
    const found = await linkOfSession(tx.db, workspaceId, sessionId);
    if (!found) return 'NOT_OURS';
    const theCase = await lockCase(tx.db, workspaceId, found.caseId);
    const link = await findLink(tx.db, workspaceId, found.id); // read again under the lock
    if (link?.state === 'COMPLETED') return 'ALREADY';
    if (!link || theCase?.state !== 'OPEN' || !mayComplete(link.state)) return 'DEAD';

    await updateLink(tx.db, link, { state: 'COMPLETED', completedAt: tx.now, paymentMethodStripeId });
    await tx.requestEffect({
      kind: REPLACE_PAYMENT_METHOD,
      key: link.id,
      subjectId: link.caseId,
      payload: { linkId: link.id },
    });
    return 'COMPLETED';
  });
}
