import { expect, it } from '@jest/globals';
import { payoutReconciliation } from './payout-reconciliation.ts';

const payout = {
  automatic: true,
  amountMinor: 1_900n,
  reconciliationStatus: 'COMPLETED',
  listableAs: 'PAID/COMPLETED',
  listedAs: 'PAID/COMPLETED',
};
const total = { netMinor: 1_900n, oneCurrency: true };

it.each([
  { what: 'one whose transactions are read and add up', is: 'COMPLETE' },
  {
    what: 'one that failed and is settled',
    payout: { listableAs: 'FAILED/COMPLETED', listedAs: 'FAILED/COMPLETED' },
    is: 'COMPLETE',
  },
  {
    what: 'one of a version that says nothing of it',
    payout: { reconciliationStatus: null, listableAs: 'PAID/', listedAs: 'PAID/' },
    is: 'COMPLETE',
  },
  { what: 'one that is a cent off', total: { netMinor: 1_899n, oneCurrency: true }, is: 'MISMATCHED' },
  {
    what: 'one with a transaction in another currency',
    total: { netMinor: 1_900n, oneCurrency: false },
    is: 'MISMATCHED',
  },
  { what: 'one of which Stripe names no transaction', total: null, is: 'MISMATCHED' },
  { what: 'one that was not read', payout: { listedAs: null }, is: 'PENDING' },
  { what: 'one that was not read since it was settled', payout: { listedAs: 'PAID/IN_PROGRESS' }, is: 'PENDING' },
  {
    what: 'one that Stripe has not settled',
    payout: { reconciliationStatus: 'IN_PROGRESS', listableAs: 'PAID/IN_PROGRESS', listedAs: 'PAID/IN_PROGRESS' },
    is: 'PENDING',
  },
  {
    what: 'one on its way',
    payout: { reconciliationStatus: 'IN_PROGRESS', listableAs: null, listedAs: null },
    is: 'PENDING',
  },
  {
    what: 'one by hand',
    payout: { automatic: false, reconciliationStatus: 'NOT_APPLICABLE', listableAs: null, listedAs: null },
    is: 'NOT_APPLICABLE',
  },
])('$what is $is', ({ payout: more = {}, total: sum = total, is }) => {
  expect(payoutReconciliation({ ...payout, ...more }, sum)).toBe(is);
});
