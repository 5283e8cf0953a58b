/**
 * What an answer's Retry-After asks for, in milliseconds from now; null when there is none or it says nothing. A date is measured against
 * the answer's own Date, so that a clock of ours that is wrong does not matter; without one, against `now`, and without both it is unknown.
 */
export function retryAfterMs(
  header: string | undefined,
  { date, now }: { readonly date?: string | undefined; readonly now?: Date },
): number | null {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Number(text) * 1000;
  // RFC 9110 dates only: Date.parse takes much else ("5 minutes") for a date.
  if (!/^[A-Z][a-z]{2,8}, /.test(text)) return null;
  const until = Date.parse(text);
  if (Number.isNaN(until)) return null;
  const theirs = Date.parse(date ?? '');
  const since = Number.isNaN(theirs) ? now?.getTime() : theirs;
  return since === undefined ? null : Math.max(0, until - since);
}
