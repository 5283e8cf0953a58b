import { describe, expect, it } from '@jest/globals';
import { planCatchUp } from './catch-up.ts';

const DAY = 86_400;
const now = 1_795_000_000;

describe('what is asked to catch up', () => {
  it.each([
    { what: 'an hour before the last time', caughtUpTo: now - 600, plan: { since: now - 600 - 3_600 } },
    { what: 'the same after three weeks', caughtUpTo: now - 21 * DAY, plan: { since: now - 21 * DAY - 3_600 } },
    { what: 'everything when Stripe has forgotten some', caughtUpTo: now - 30 * DAY, plan: { relist: true } },
    { what: 'everything when the overlap is forgotten', caughtUpTo: now - 30 * DAY + 1_800, plan: { relist: true } },
    { what: 'everything when nothing was ever asked', caughtUpTo: null, plan: { relist: true } },
  ])('is $what', ({ caughtUpTo, plan }) => {
    expect(planCatchUp(caughtUpTo, now, 30)).toEqual(plan);
  });
});
