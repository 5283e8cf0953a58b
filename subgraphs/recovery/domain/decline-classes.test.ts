import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { classifyDecline, classOfCode } from './decline-classes.ts';

interface KnownCode {
  decline_code: string;
  group: 'retry' | 'customer' | 'new_method' | 'opaque' | 'merchant';
  stripe_never_retries: boolean;
}

const FIXTURE = path.resolve(import.meta.dirname, '../../../../shared/fixtures/stripe/decline-codes.json');

describe('the class of a decline', () => {
  it.each([
    ['insufficient_funds', 'SOFT_FUNDS'],
    ['processing_error', 'SOFT_TECH'],
    ['do_not_honor', 'SOFT_UNKNOWN'],
    ['lost_card', 'HARD_STOP'],
    ['revocation_of_authorization', 'HARD_STOP'],
    ['expired_card', 'NEEDS_CUSTOMER'],
    ['authentication_required', 'NEEDS_CUSTOMER'],
    ['duplicate_transaction', 'POLICY'],
    ['a_code_of_tomorrow', 'SOFT_UNKNOWN'],
    [null, 'SOFT_UNKNOWN'],
  ] as const)('of %s is %s', (declineCode, declineClass) => {
    expect(classifyDecline({ declineCode })).toEqual({ declineClass, waitHours: 0 });
  });

  it.each([
    // the network's advice beats everything, Stripe's advice beats the code
    [{ declineCode: 'generic_decline', networkAdviceCode: '03' }, 'HARD_STOP', 0],
    [{ declineCode: 'lost_card', adviceCode: 'do_not_try_again', networkAdviceCode: '26' }, 'SOFT_FUNDS', 48],
    [{ declineCode: 'generic_decline', networkAdviceCode: '24' }, 'SOFT_FUNDS', 1],
    [{ declineCode: 'generic_decline', networkAdviceCode: '30' }, 'SOFT_FUNDS', 240],
    [{ declineCode: 'insufficient_funds', networkAdviceCode: '01' }, 'NEEDS_CUSTOMER', 0],
    [{ declineCode: 'insufficient_funds', networkDeclineCode: '14', adviceCode: 'try_again_later' }, 'HARD_STOP', 0],
    [{ declineCode: 'insufficient_funds', networkDeclineCode: '51' }, 'SOFT_FUNDS', 0],
    [{ declineCode: 'insufficient_funds', adviceCode: 'do_not_try_again' }, 'HARD_STOP', 0],
    [{ declineCode: 'generic_decline', adviceCode: 'confirm_card_data' }, 'NEEDS_CUSTOMER', 0],
    [{ declineCode: 'insufficient_funds', adviceCode: 'try_again_later' }, 'SOFT_FUNDS', 0],
    [{ declineCode: 'stolen_card', adviceCode: 'try_again_later' }, 'SOFT_UNKNOWN', 0],
    [{ declineCode: 'lost_card', networkAdviceCode: '99', adviceCode: 'advice_of_tomorrow' }, 'HARD_STOP', 0],
  ] as const)('of %j is %s with a floor of %d hours', (facts, declineClass, waitHours) => {
    expect(classifyDecline(facts)).toEqual({ declineClass, waitHours });
  });
});

const fixture = existsSync(FIXTURE) ? (JSON.parse(readFileSync(FIXTURE, 'utf8')) as KnownCode[]) : null;
if (!fixture)
  console.warn(`SKIPPED: ${FIXTURE} is not there, so the table is not compared with the provider's list of codes.`);

(fixture ? describe : describe.skip)(
  'the table, against the list of known codes (skipped where ../shared is absent)',
  () => {
    const codes = fixture ?? [];

    it('has a class for every known code', () => {
      expect(codes.filter(({ decline_code }) => classOfCode(decline_code) === null)).toEqual([]);
    });

    it('never retries what Stripe never retries without another payment method', () => {
      const wrong = codes.filter(
        (code) =>
          code.stripe_never_retries && !['HARD_STOP', 'NEEDS_CUSTOMER'].includes(classOfCode(code.decline_code) ?? ''),
      );
      expect(wrong).toEqual([]);
    });

    it.each([
      ['retry', ['SOFT_FUNDS', 'SOFT_TECH']],
      ['merchant', ['POLICY']],
      ['customer', ['NEEDS_CUSTOMER']],
      ['new_method', ['HARD_STOP', 'NEEDS_CUSTOMER']],
    ] as const)('puts the codes of the group "%s" into %j', (group, classes: readonly string[]) => {
      const ofGroup = codes.filter((code) => code.group === group);
      expect(ofGroup.length).toBeGreaterThan(0);
      expect(ofGroup.filter(({ decline_code }) => !classes.includes(classOfCode(decline_code) ?? ''))).toEqual([]);
    });
  },
);
