/** Seconds before the last time, from which is read again: of Stripe's present second not everything may be told yet. */
const OVERLAP_S = 60;
/** Where nothing was noted yet: every day the whole account is compared, and everything older read by that. */
const AT_FIRST_S = 2 * 86_400;

/** The second from which on the ledger is to be read. `readTo` and `from` as the schedule has them, `now` in case it has nothing. */
export function ledgerSince(
  { readTo, from }: { readonly readTo: Date | null; readonly from: Date | null },
  now: Date,
): number {
  const usual = readTo === null ? secondOf(now) - AT_FIRST_S : secondOf(readTo) - OVERLAP_S;
  return Math.max(0, from === null ? usual : Math.min(usual, secondOf(from) - OVERLAP_S));
}

const secondOf = (instant: Date): number => Math.floor(instant.getTime() / 1000);
