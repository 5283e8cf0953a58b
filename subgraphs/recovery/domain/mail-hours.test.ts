import { describe, expect, it } from '@jest/globals';
import { addDuration, nextMailInstant } from './mail-hours.ts';
import { countriesWithZone, timeZoneFor } from './time-zones.ts';

describe('the next instant for a mail', () => {
  it.each([
    ['noon', '2026-03-04T11:00:00Z', 'Europe/Berlin', '2026-03-04T11:00:00Z'],
    ['08:00, the first allowed', '2026-03-04T07:00:00Z', 'Europe/Berlin', '2026-03-04T07:00:00Z'],
    ['just before 08:00', '2026-03-04T06:59:59Z', 'Europe/Berlin', '2026-03-04T07:00:00Z'],
    ['just before 21:00', '2026-03-04T19:59:59Z', 'Europe/Berlin', '2026-03-04T19:59:59Z'],
    ['21:00', '2026-03-04T20:00:00Z', 'Europe/Berlin', '2026-03-05T07:00:00Z'],
    ['midnight', '2026-03-04T23:00:00Z', 'Europe/Berlin', '2026-03-05T07:00:00Z'],
    ['noon in London, night in Tokyo', '2026-03-04T12:00:00Z', 'Asia/Tokyo', '2026-03-04T23:00:00Z'],
    ['the night in which clocks go forward', '2026-03-28T22:00:00Z', 'Europe/Berlin', '2026-03-29T06:00:00Z'],
    ['the night in which clocks go back', '2026-10-24T21:00:00Z', 'Europe/Berlin', '2026-10-25T07:00:00Z'],
  ])('at %s', (_what, at, zone, expected) => {
    expect(nextMailInstant(new Date(at), zone)).toEqual(new Date(expected));
  });
});

describe('a wait', () => {
  it.each([
    ['of a day keeps the local hour when clocks go forward', '2026-03-28T11:00:00Z', 'P1D', '2026-03-29T10:00:00Z'],
    ['of 24 hours does not', '2026-03-28T11:00:00Z', 'PT24H', '2026-03-29T11:00:00Z'],
    ['that ends in the skipped hour ends at the next valid one', '2026-03-28T01:30:00Z', 'P1D', '2026-03-29T01:30:00Z'],
    ['of three days', '2026-03-04T11:00:00Z', 'P3D', '2026-03-07T11:00:00Z'],
  ])('%s', (_what, at, duration, expected) => {
    expect(addDuration(new Date(at), duration, 'Europe/Berlin')).toEqual(new Date(expected));
  });
});

describe('the zone of a customer', () => {
  it.each([
    ['DE', 'America/New_York', 'Europe/Berlin'],
    ['de', 'America/New_York', 'Europe/Berlin'],
    ['XX', 'America/New_York', 'America/New_York'],
    [null, 'America/New_York', 'America/New_York'],
    [null, 'Mars/Olympus', 'UTC'],
    [null, '', 'UTC'],
  ])('for country %s and workspace %s is %s', (country, workspace, zone) => {
    expect(timeZoneFor(country, workspace)).toBe(zone);
  });

  it('is one that the runtime knows, for every country listed', () => {
    expect(countriesWithZone.filter((country) => timeZoneFor(country, 'Mars/Olympus') === 'UTC')).toEqual([]);
  });
});
