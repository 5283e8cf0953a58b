import { Temporal } from 'temporal-polyfill';
import { nextAllowedInstant, type QuietHours } from '#subgraphs/shared/time/quiet-hours.ts';

/** Nobody gets a mail of ours between 21:00 and 08:00 on their own clock. */
const QUIET: QuietHours = { from: '21:00', to: '08:00' };

/** The first instant at or after `instant` at which a mail may leave to somebody in this zone. */
export function nextMailInstant(instant: Date, timeZone: string): Date {
  return nextAllowedInstant(instant, timeZone, QUIET);
}

/** Adds an ISO 8601 duration as a wall calendar does: P1D keeps the local hour when clocks change. */
export function addDuration(instant: Date, duration: string, timeZone: string): Date {
  const local = Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone);
  return new Date(local.add(Temporal.Duration.from(duration)).epochMilliseconds);
}
