import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { allocate } from './allocate.ts';

const weights = fc
  .array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 20 })
  .filter((each) => each.some((weight) => weight > 0n));
const totals = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });

describe('splitting an amount over weights', () => {
  it.each([
    { total: 100n, weights: [1n, 1n, 1n], parts: [34n, 33n, 33n] },
    { total: 101n, weights: [1n, 1n, 1n], parts: [34n, 34n, 33n] },
    { total: -100n, weights: [1n, 1n, 1n], parts: [-34n, -33n, -33n] },
    { total: 10n, weights: [1n, 2n], parts: [3n, 7n] }, // 3.33 and 6.67: the larger remainder gets the rest
    { total: 5n, weights: [0n, 1n, 0n], parts: [0n, 5n, 0n] },
    { total: 1n, weights: [0n, 1n, 1n], parts: [0n, 1n, 0n] },
    { total: 0n, weights: [3n, 4n], parts: [0n, 0n] },
  ])('$total over $weights is $parts', ({ total, weights: given, parts }) => {
    expect(allocate(total, given)).toEqual(parts);
  });

  it('gives away the total exactly', () => {
    fc.assert(
      fc.property(totals, weights, (total, given) => {
        expect(allocate(total, given).reduce((a, b) => a + b, 0n)).toBe(total);
      }),
    );
  });

  it('gives every part its exact share, rounded down or up to a whole unit, and nothing to a weight of zero', () => {
    fc.assert(
      fc.property(totals, weights, (total, given) => {
        const sum = given.reduce((a, b) => a + b, 0n);
        allocate(total, given).forEach((part, i) => {
          const weight = given[i] ?? 0n;
          const off = part * sum - total * weight;
          expect(off < sum && off > -sum).toBe(true);
          if (weight === 0n) expect(part).toBe(0n);
        });
      }),
    );
  });

  it('never gives a larger weight the smaller part', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 9n }), weights, (total, given) => {
        const sorted = given.toSorted((a, b) => (a > b ? -1 : a < b ? 1 : 0));
        const parts = allocate(total, sorted);
        expect(parts).toEqual(parts.toSorted((a, b) => (a > b ? -1 : a < b ? 1 : 0)));
      }),
    );
  });

  it('refuses weights that say nothing', () => {
    expect(() => allocate(1n, [])).toThrow(RangeError);
    expect(() => allocate(1n, [0n, 0n])).toThrow(RangeError);
    expect(() => allocate(1n, [2n, -1n])).toThrow(RangeError);
  });
});
