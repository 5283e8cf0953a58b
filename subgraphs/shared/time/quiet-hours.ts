import { Temporal } from 'temporal-polyfill';

import { firstInstantOf, requireTimeZone } from './zone.ts';

/** Local times of day, `HH:MM`. `from` is quiet, `to` is not; from 21:00 to 08:00 spans midnight; equal times mean no quiet hours. */
export interface QuietHours {
  readonly from: string;
  readonly to: string;
}

/**
 * The given instant, or the end of the quiet hours that it falls into, on the clocks of the zone. Both ends are instants, so a night
 * in which clocks change is quiet once, from its first beginning to its first end (see firstInstantOf). Never earlier than `at`,
 * and asking again with the answer gives the answer.
 * @throws {ValidationError} for an unknown zone. @throws {RangeError} for times that are not `HH:MM`.
 */
export function nextAllowedInstant(at: Date, zone: string, quiet: QuietHours): Date {
  requireTimeZone(zone);
  const from = timeOfDay(quiet.from);
  const to = timeOfDay(quiet.to);
  if (from.equals(to)) return at;

  const atMs = at.getTime();
  const today = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(zone).toPlainDate();
  const spansMidnight = Temporal.PlainTime.compare(from, to) > 0;
  for (const days of [-1, 0, 1]) {
    const begins = today.add({ days });
    const ends = spansMidnight ? begins.add({ days: 1 }) : begins;
    const beginMs = firstInstantOf(begins.toPlainDateTime(from), zone).epochMilliseconds;
    const endMs = firstInstantOf(ends.toPlainDateTime(to), zone).epochMilliseconds;
    if (beginMs <= atMs && atMs < endMs) return new Date(endMs);
  }
  return at;
}

function timeOfDay(text: string): Temporal.PlainTime {
  if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(text)) throw new RangeError(`"${text}" is not a time of day (HH:MM)`);
  return Temporal.PlainTime.from(text);
}
