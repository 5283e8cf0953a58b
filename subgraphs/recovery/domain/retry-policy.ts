import { classOfCode, type DeclineClass } from './decline-classes.ts';

// How many times we try the same credential again in one case. Visa allows 15 re-attempts in 30 days before it charges a fee; the
// others are our own caps ("issuer unavailable" at most 3 times; a bank that gives no usable reason at most 3, and 2 for an unlisted code).
const CAPS: Record<DeclineClass, number> = {
  HARD_STOP: 0,
  NEEDS_CUSTOMER: 0,
  SOFT_FUNDS: 15,
  SOFT_TECH: 3,
  SOFT_UNKNOWN: 3,
  POLICY: 0,
};
const CAP_UNLISTED_CODE = 2;

export type RetryRefusal = 'CLASS_FORBIDS' | 'CAP_REACHED';

/** @returns null when one more attempt is allowed, else why not. `retriesMade` counts our own attempts on the invoice. */
export function refuseRetry(
  decline: { declineClass: DeclineClass; declineCode: string | null },
  retriesMade: number,
): RetryRefusal | null {
  const cap = retryCap(decline);
  if (cap === 0) return 'CLASS_FORBIDS';
  return retriesMade >= cap ? 'CAP_REACHED' : null;
}

function retryCap({ declineClass, declineCode }: { declineClass: DeclineClass; declineCode: string | null }): number {
  const unlisted = declineClass === 'SOFT_UNKNOWN' && declineCode !== null && classOfCode(declineCode) === null;
  return unlisted ? CAP_UNLISTED_CODE : CAPS[declineClass];
}
