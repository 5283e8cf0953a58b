import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { manualClock, systemClock } from './clock.ts';
import { nextAllowedInstant } from './quiet-hours.ts';
import { isTimeZone, requireTimeZone } from './zone.ts';

const NIGHT = { from: '21:00', to: '08:00' };
const allowed = (at: string, zone: string, quiet = NIGHT): string =>
  nextAllowedInstant(new Date(at), zone, quiet).toISOString();

describe('quiet hours', () => {
  it.each([
    { name: 'in the afternoon nothing waits', at: '2026-11-20T15:00:00-05:00', sent: '2026-11-20T15:00:00-05:00' },
    {
      name: 'the last moment before the night',
      at: '2026-11-20T20:59:59.999-05:00',
      sent: '2026-11-20T20:59:59.999-05:00',
    },
    { name: 'the first moment of the night', at: '2026-11-20T21:00:00-05:00', sent: '2026-11-21T08:00:00-05:00' },
    { name: 'after midnight, the same morning', at: '2026-11-21T03:00:00-05:00', sent: '2026-11-21T08:00:00-05:00' },
    { name: 'the last moment of the night', at: '2026-11-21T07:59:59.999-05:00', sent: '2026-11-21T08:00:00-05:00' },
    { name: 'the morning itself', at: '2026-11-21T08:00:00-05:00', sent: '2026-11-21T08:00:00-05:00' },
    {
      name: 'the night in which clocks go forward',
      at: '2026-03-07T22:00:00-05:00',
      sent: '2026-03-08T08:00:00-04:00',
    },
    { name: 'the night in which clocks go back', at: '2026-10-31T22:00:00-04:00', sent: '2026-11-01T08:00:00-05:00' },
  ])('New York, $name', ({ at, sent }) => {
    expect(allowed(at, 'America/New_York')).toBe(new Date(sent).toISOString());
  });

  it.each([
    { zone: 'America/New_York', to: '02:30', at: '2026-03-08T01:00:00-05:00', sent: '2026-03-08T03:00:00-04:00' },
    { zone: 'Europe/Berlin', to: '02:30', at: '2026-03-29T01:00:00+01:00', sent: '2026-03-29T03:00:00+02:00' },
    { zone: 'Australia/Lord_Howe', to: '02:15', at: '2026-10-04T01:00:00+10:30', sent: '2026-10-04T02:30:00+11:00' }, // half an hour
  ])('$zone: an end that the clocks skip is the instant of the jump', ({ zone, to, at, sent }) => {
    expect(allowed(at, zone, { from: '21:00', to })).toBe(new Date(sent).toISOString());
  });

  it.each([
    { zone: 'America/New_York', to: '01:30', at: '2026-11-01T00:00:00-04:00', sent: '2026-11-01T01:30:00-04:00' },
    { zone: 'Europe/Berlin', to: '02:30', at: '2026-10-25T01:00:00+02:00', sent: '2026-10-25T02:30:00+02:00' },
    { zone: 'Australia/Lord_Howe', to: '01:45', at: '2026-04-05T00:00:00+11:00', sent: '2026-04-05T01:45:00+11:00' },
  ])(
    '$zone: an end that the clocks show twice is the first, and the night does not begin again',
    ({ zone, to, at, sent }) => {
      const quiet = { from: '21:00', to };
      expect(allowed(at, zone, quiet)).toBe(new Date(sent).toISOString());
      const inTheRepeatedHour = new Date(new Date(sent).getTime() + 20 * 60_000).toISOString();
      expect(allowed(inTheRepeatedHour, zone, quiet)).toBe(inTheRepeatedHour);
    },
  );

  it('may lie within one day, or be switched off', () => {
    const siesta = { from: '13:00', to: '15:00' };
    expect(allowed('2026-07-01T13:30:00+02:00', 'Europe/Madrid', siesta)).toBe('2026-07-01T13:00:00.000Z');
    expect(allowed('2026-07-01T03:00:00+02:00', 'Europe/Madrid', siesta)).toBe('2026-07-01T01:00:00.000Z');
    expect(allowed('2026-07-01T03:00:00Z', 'UTC', { from: '08:00', to: '08:00' })).toBe('2026-07-01T03:00:00.000Z');
  });

  it('are over at the answer, which is never earlier and at most a night and an hour later', () => {
    const zones = fc.constantFrom(
      'America/New_York',
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'Pacific/Apia',
      'UTC',
    );
    const instants = fc.date({ min: new Date('2011-01-01'), max: new Date('2027-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(instants, zones, (at, zone) => {
        const answer = nextAllowedInstant(at, zone, NIGHT);
        expect(answer.getTime()).toBeGreaterThanOrEqual(at.getTime());
        expect(answer.getTime() - at.getTime()).toBeLessThanOrEqual(12 * 3_600_000);
        expect(nextAllowedInstant(answer, zone, NIGHT)).toEqual(answer);
        const clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' }).format(
          answer,
        );
        expect(Number(clock) >= 8 && Number(clock) < 21).toBe(true);
      }),
    );
  });

  it('refuse a zone that does not exist and a time that is none', () => {
    expect(() => allowed('2026-07-01T03:00:00Z', 'Mars/Olympus')).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMETER' }),
    );
    expect(() => allowed('2026-07-01T03:00:00Z', 'UTC', { from: '24:00', to: '8:00' })).toThrow(RangeError);
  });
});

describe('a time zone', () => {
  it.each(['Europe/Berlin', 'America/New_York', 'UTC', 'Asia/Kolkata'])('is %s', (zone) => {
    expect(isTimeZone(zone)).toBe(true);
    expect(requireTimeZone(zone)).toBe(zone);
  });

  it.each(['', '+02:00', '-0500', 'Mars/Olympus', '../etc/passwd', 'Europe', 'CEST '])('is not %p', (zone) => {
    expect(isTimeZone(zone)).toBe(false);
  });
});

describe('clocks', () => {
  it('stand still until they are moved', () => {
    const clock = manualClock('2026-01-31T12:00:00Z');
    clock.now().setFullYear(1999); // a Date is mutable: what a reader does to its copy must not matter
    expect(clock.now().toISOString()).toBe('2026-01-31T12:00:00.000Z');
    clock.advance({ days: 1, hours: 2, minutes: 3, seconds: 4, ms: 5 });
    expect(clock.now().toISOString()).toBe('2026-02-01T14:03:04.005Z');
    clock.set('2020-01-01T00:00:00Z');
    expect(clock.now().toISOString()).toBe('2020-01-01T00:00:00.000Z');
  });

  it('follow the machine in production', () => {
    const before = Date.now();
    const now = systemClock.now().getTime();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  it('refuse what is not an instant', () => {
    expect(() => manualClock('soon')).toThrow(RangeError);
  });
});
