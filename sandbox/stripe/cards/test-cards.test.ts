import { describe, expect, it } from '@jest/globals';
import { cardOfAlias, declineOnAttach, declineOnCharge, hasValidChecksum, TEST_CARDS } from './test-cards.ts';

const charge = (number: string, rest: { authenticated?: boolean; declines?: string } = {}): string | undefined =>
  declineOnCharge(
    { number, authenticated: rest.authenticated ?? false, declines: rest.declines ?? null },
    'insufficient_funds',
  )?.declineCode;

describe('test cards', () => {
  it('all have numbers that pass the checksum', () => {
    expect(TEST_CARDS.filter((card) => !hasValidChecksum(card.number))).toEqual([]);
    expect(hasValidChecksum('4242424242424241')).toBe(false);
  });

  it.each([
    ['4242424242424242', undefined],
    ['4000000000000002', 'generic_decline'],
    ['4000000000009995', 'insufficient_funds'],
    ['4000000000009987', 'lost_card'],
    ['4000000000009979', 'stolen_card'],
    ['4000000000000069', 'expired_card'],
    ['4000000000000127', 'incorrect_cvc'],
    ['4000000000000119', 'processing_error'],
    ['4000000000000341', undefined],
    ['4100000000000019', 'fraudulent'],
    ['4111111111111111', 'testmode_decline'],
  ])('%s is refused with %s when it is saved', (number, code) => {
    expect(declineOnAttach(number)?.declineCode).toBe(code);
  });

  it('refuses every charge of a card that fails after it was saved', () => {
    expect(charge('4000000000000341')).toBe('insufficient_funds');
  });

  it('lets a card that was authenticated once be charged alone, and asks every time for one that wants it', () => {
    expect(charge('4000002500003155')).toBe('authentication_required');
    expect(charge('4000002500003155', { authenticated: true })).toBeUndefined();
    expect(charge('4000002760003184', { authenticated: true })).toBe('authentication_required');
    expect(charge('4000008260003178', { authenticated: true })).toBe('insufficient_funds');
  });

  it('refuses a good card whose funds ran out', () => {
    expect(charge('4242424242424242', { declines: 'insufficient_funds' })).toBe('insufficient_funds');
  });

  it('knows the names of the documentation', () => {
    expect(cardOfAlias('pm_card_visa')?.number).toBe('4242424242424242');
    expect(cardOfAlias('tok_chargeCustomerFail')?.number).toBe('4000000000000341');
    expect(cardOfAlias('pm_card_unknown')).toBeUndefined();
  });
});
