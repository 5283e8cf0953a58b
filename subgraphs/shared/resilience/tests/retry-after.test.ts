import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { retryAfterMs } from '../retry-after.ts';
import { RetryBudget } from '../retry-budget.ts';

const now = new Date('2026-11-20T12:00:00Z');

describe('Retry-After', () => {
  it.each([
    { header: '2', ms: 2_000 },
    { header: ' 0 ', ms: 0 },
    { header: '0.5', ms: 500 },
    { header: 'Fri, 20 Nov 2026 12:00:30 GMT', ms: 30_000 },
    { header: 'Fri, 20 Nov 2026 11:00:00 GMT', ms: 0 },
    // Our clock is an hour behind; only the distance to the answer's own Date counts.
    { header: 'Fri, 20 Nov 2026 13:00:10 GMT', date: 'Fri, 20 Nov 2026 13:00:00 GMT', ms: 10_000 },
    { header: undefined, ms: null },
    { header: '', ms: null },
    { header: '-5', ms: null },
    { header: '1e9', ms: null },
    { header: '5 minutes', ms: null },
    { header: 'Foo, not a date', ms: null },
  ])('$header (Date: $date) is $ms', ({ header, date, ms }) => {
    expect(retryAfterMs(header, { date, now })).toBe(ms);
  });

  it('with a date is unknown when nobody says what time it is', () => {
    expect(retryAfterMs('Fri, 20 Nov 2026 12:00:30 GMT', {})).toBeNull();
    expect(retryAfterMs('3', {})).toBe(3_000);
  });
});

describe('a retry budget', () => {
  it('allows no more retries than its reserve and a tenth of what worked, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('works', 'fails'), { maxLength: 400 }), (calls) => {
        const budget = new RetryBudget({ reserve: 10, perSuccess: 0.1 });
        let retries = 0;
        for (const call of calls) {
          if (call === 'works') budget.earn();
          else if (budget.spend()) retries += 1;
        }
        const worked = calls.filter((call) => call === 'works').length;
        expect(retries).toBeLessThanOrEqual(10 + worked * 0.1 + 1e-6);
      }),
    );
  });
});
