import { describe, expect, it } from '@jest/globals';
import { refuseRetry } from './retry-policy.ts';

describe('another retry', () => {
  it.each([
    ['HARD_STOP', 'lost_card', 0, 'CLASS_FORBIDS'],
    ['NEEDS_CUSTOMER', 'expired_card', 0, 'CLASS_FORBIDS'],
    ['POLICY', 'duplicate_transaction', 0, 'CLASS_FORBIDS'],
    ['SOFT_FUNDS', 'insufficient_funds', 14, null],
    ['SOFT_FUNDS', 'insufficient_funds', 15, 'CAP_REACHED'],
    ['SOFT_TECH', 'processing_error', 2, null],
    ['SOFT_TECH', 'processing_error', 3, 'CAP_REACHED'],
    ['SOFT_UNKNOWN', 'do_not_honor', 2, null],
    ['SOFT_UNKNOWN', 'do_not_honor', 3, 'CAP_REACHED'],
    ['SOFT_UNKNOWN', null, 2, null],
    ['SOFT_UNKNOWN', 'a_code_of_tomorrow', 1, null],
    ['SOFT_UNKNOWN', 'a_code_of_tomorrow', 2, 'CAP_REACHED'],
  ] as const)('of %s (%s) after %d is %s', (declineClass, declineCode, made, answer) => {
    expect(refuseRetry({ declineClass, declineCode }, made)).toBe(answer);
  });
});
