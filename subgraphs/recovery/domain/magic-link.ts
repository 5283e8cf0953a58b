export const LINK_STATES = ['ISSUED', 'OPENED', 'COMPLETED', 'REVOKED', 'EXPIRED'] as const;
export type LinkState = (typeof LINK_STATES)[number];

/** Seven days, in business time: as long as a link may live. It dies earlier when its case ends or a newer link is sent. */
export const LINK_LIFETIME = 'PT168H';

interface Dated {
  readonly state: LinkState;
  readonly expiresAt: Date;
}

/** A link that ran out is EXPIRED from that instant on, also while its row has not been touched since. */
export function linkStateAt(link: Dated, now: Date): LinkState {
  return isLive(link.state) && link.expiresAt <= now ? 'EXPIRED' : link.state;
}

/** ISSUED or OPENED: may still be used, unless its time is over. */
export function isLive(state: LinkState): boolean {
  return state === 'ISSUED' || state === 'OPENED';
}

/** What becomes of a live link that is not wanted any more. */
export function endedLinkState(link: Dated, now: Date): 'REVOKED' | 'EXPIRED' {
  return link.expiresAt <= now ? 'EXPIRED' : 'REVOKED';
}

/**
 * Whether a card that was saved through the link counts. The hosted card page was opened while the link lived, so a link that ran out
 * meanwhile still counts; one that was revoked (settled, canceled, replaced by a newer link) does not.
 */
export function mayComplete(state: LinkState): boolean {
  return isLive(state) || state === 'EXPIRED';
}
