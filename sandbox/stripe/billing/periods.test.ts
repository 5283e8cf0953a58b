import { describe, expect, it } from '@jest/globals';
import { nextPeriodEnd } from './periods.ts';

const at = (text: string): number => Date.parse(`${text}T12:00:00Z`) / 1000;
const every = (interval: 'day' | 'month' | 'week' | 'year', count = 1): Parameters<typeof nextPeriodEnd>[1] => ({
  interval,
  interval_count: count,
  meter: null,
  trial_period_days: null,
  usage_type: 'licensed',
});

describe('the end of a billing period', () => {
  it.each([
    { anchor: '2026-01-15', after: '2026-01-15', step: every('month'), end: '2026-02-15' },
    { anchor: '2026-01-31', after: '2026-01-31', step: every('month'), end: '2026-02-28' },
    { anchor: '2026-01-31', after: '2026-02-28', step: every('month'), end: '2026-03-31' },
    { anchor: '2024-02-29', after: '2024-02-29', step: every('year'), end: '2025-02-28' },
    { anchor: '2024-02-29', after: '2027-02-28', step: every('year'), end: '2028-02-29' },
    { anchor: '2026-01-01', after: '2026-01-01', step: every('week', 2), end: '2026-01-15' },
    { anchor: '2026-01-01', after: '2026-03-31', step: every('day'), end: '2026-04-01' },
    { anchor: '2020-01-31', after: '2026-11-30', step: every('month', 3), end: '2027-01-31' },
  ])('after $after, anchored at $anchor, is $end', ({ anchor, after, step, end }) => {
    expect(nextPeriodEnd(at(anchor), step, at(after))).toBe(at(end));
  });
});
