import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { isMirrorKind } from '../domain/kinds.ts';
import { rankOf } from '../domain/ordering.ts';
import { describedEvents } from './described-events.ts';
import { COVERAGE_PAGE, printCoverage } from './print-coverage.ts';

describe('what is kept of Stripe', () => {
  it('is printed in docs/stripe-coverage.md as it is now', () => {
    expect(readFileSync(COVERAGE_PAGE, 'utf8')).toBe(printCoverage());
  });

  it('covers every type of event that Stripe’s package knows, and knows the object of each', () => {
    const events = describedEvents();
    expect(events.length).toBeGreaterThan(250);
    expect(new Set(events.map(({ type }) => type)).size).toBe(events.length);
    expect(events.filter(({ objects }) => objects.length === 0)).toEqual([]);
    expect(events.find(({ type }) => type === 'customer.source.created')?.objects.map(({ kind }) => kind)).toEqual([
      'account',
      'bank_account',
      'card',
      'source',
    ]);
  });

  it('has columns for whatever moves money or revenue', () => {
    const untyped = describedEvents()
      .filter(({ type }) =>
        /^(charge|coupon|credit_note|invoice|invoiceitem|payment_intent|payout|plan|price|promotion_code|quote|refund|setup_intent|subscription_schedule|tax_rate|topup|transfer)/.test(
          type,
        ),
      )
      .filter(({ objects }) => !objects.every(({ kind }) => isMirrorKind(kind)));
    expect(untyped.map(({ type }) => type)).toEqual([]);
  });

  it('takes every deletion for one, but for the subscription’s, which stays', () => {
    const deletions = describedEvents().filter(({ type }) => type.endsWith('.deleted'));
    expect(deletions.length).toBeGreaterThan(10);
    expect(deletions.filter(({ type }) => rankOf(type) !== 2).map(({ type }) => type)).toEqual([
      'customer.subscription.deleted',
    ]);
  });
});
