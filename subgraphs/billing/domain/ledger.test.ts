import { expect, it } from '@jest/globals';
import { ledgerSince } from './ledger.ts';

const at = (second: number): Date => new Date(second * 1000);

it.each([
  { what: 'a minute before the last time', readTo: 1_000_000, from: null, since: 999_940 },
  { what: 'no later for what happened since', readTo: 1_000_000, from: 1_000_500, since: 999_940 },
  { what: 'a minute before what a test clock in the past has moved', readTo: 1_000_000, from: 5_000, since: 4_940 },
  {
    what: 'the days since the last comparison when nothing is known',
    readTo: null,
    from: null,
    since: 2_000_000 - 172_800,
  },
  { what: 'the beginning, and not before', readTo: 30, from: null, since: 0 },
])('a ledger is read from $what', ({ readTo, from, since }) => {
  const bounds = { readTo: readTo === null ? null : at(readTo), from: from === null ? null : at(from) };
  expect(ledgerSince(bounds, at(2_000_000))).toBe(since);
});
