/** When a billing period ends: calendar steps from the anchor in UTC, so that the 31st comes back after February. */
import { Temporal } from 'temporal-polyfill';
import type { Price } from '../store/kinds.ts';

/** The first period end after `after`; all are Unix seconds. */
export function nextPeriodEnd(anchor: number, recurring: NonNullable<Price['recurring']>, after: number): number {
  const start = Temporal.Instant.fromEpochMilliseconds(anchor * 1000).toZonedDateTimeISO('UTC');
  const unit = `${recurring.interval}s`;
  for (let step = roughSteps(anchor, recurring, after); ; step++) {
    const end = Math.floor(start.add({ [unit]: step * recurring.interval_count }).epochMilliseconds / 1000);
    if (end > after) return end;
  }
}

const LONGEST_S: Record<string, number> = { day: 86_400, week: 604_800, month: 31 * 86_400, year: 366 * 86_400 };

/** A count of steps that is certainly not too many. */
function roughSteps(anchor: number, recurring: NonNullable<Price['recurring']>, after: number): number {
  const length = (LONGEST_S[recurring.interval] ?? 86_400) * recurring.interval_count;
  return Math.max(1, Math.floor((after - anchor) / length));
}
