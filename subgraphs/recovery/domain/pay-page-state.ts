import type { AttemptState } from './attribution.ts';
import type { CaseState, CloseReason } from './case-status.ts';
import { linkStateAt, type LinkState } from './magic-link.ts';

/**
 * What the holder of a link finds. READY: may enter a card. SETTLED: the invoice is paid. NOTHING_DUE: the merchant took it back.
 * COLLECTING: a card was saved and is being charged. REFUSED: the bank refused that card too. EXPIRED and REVOKED: this link is over.
 */
export type PayPageState = 'READY' | 'SETTLED' | 'NOTHING_DUE' | 'COLLECTING' | 'REFUSED' | 'EXPIRED' | 'REVOKED';

export function payPageState(facts: {
  readonly link: { readonly state: LinkState; readonly expiresAt: Date };
  readonly theCase: { readonly state: CaseState; readonly closeReason: CloseReason | null };
  /** Stripe's word in either case, or null when billing does not know the invoice. */
  readonly invoiceStatus: string | null;
  /** Of the attempt that the link's card is charged by, once there is one. */
  readonly attempt: AttemptState | null;
  readonly now: Date;
}): PayPageState {
  const { theCase, attempt } = facts;
  const invoice = facts.invoiceStatus?.toLowerCase();
  if (theCase.state === 'RECOVERED' || invoice === 'paid') return 'SETTLED';
  const takenBack = theCase.closeReason === 'VOIDED' || theCase.closeReason === 'UNCOLLECTIBLE';
  if (takenBack || invoice === 'void' || invoice === 'uncollectible') return 'NOTHING_DUE';

  const link = linkStateAt(facts.link, facts.now);
  if (link === 'COMPLETED') return attempt === 'DECLINED' ? 'REFUSED' : 'COLLECTING';
  if (link === 'EXPIRED') return 'EXPIRED';
  return link === 'REVOKED' || theCase.state !== 'OPEN' ? 'REVOKED' : 'READY';
}
