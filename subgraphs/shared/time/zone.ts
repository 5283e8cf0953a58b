import { Temporal } from 'temporal-polyfill';

import { ValidationError } from '../errors/errors.ts';

/** A name of the IANA time zone database (`Europe/Berlin`, `UTC`). Fixed offsets such as `+02:00` are not: they know no summer time. */
export function isTimeZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    new Temporal.ZonedDateTime(0n, zone);
    return true;
  } catch {
    return false;
  }
}

/** @throws {ValidationError} when the zone is unknown. */
export function requireTimeZone(zone: string, param = 'timeZone'): string {
  if (isTimeZone(zone)) return zone;
  throw new ValidationError(
    `"${zone.slice(0, 60)}" is not a time zone. Use an IANA name, such as Europe/Berlin.`,
    param,
  );
}

/**
 * The instant at which a zone's clocks show this date and time. Shown twice (clocks went back): the first time. Never shown
 * (clocks went forward past it): the instant of the jump, which is the first that is not earlier on the clock.
 */
export function firstInstantOf(local: Temporal.PlainDateTime, zone: string): Temporal.Instant {
  const zoned = local.toZonedDateTime(zone, { disambiguation: 'earlier' });
  if (zoned.toPlainDateTime().equals(local)) return zoned.toInstant();
  return (zoned.getTimeZoneTransition('next') ?? zoned).toInstant();
}
