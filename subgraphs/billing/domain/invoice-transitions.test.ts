import { expect, it } from '@jest/globals';
import { type InvoiceState, invoiceTransitions, type Origin } from './invoice-transitions.ts';

const invoice = (status: string, failedAttemptCount = 0, deleted = false): InvoiceState => ({
  status,
  failedAttemptCount,
  deleted,
});

it.each<{ when: string; before: InvoiceState | null; after: InvoiceState; origin: Origin; announces: string[] }>([
  {
    when: 'an open invoice fails',
    before: invoice('OPEN'),
    after: invoice('OPEN', 1),
    origin: 'WEBHOOK',
    announces: ['PAYMENT_FAILED'],
  },
  {
    when: 'the same failure comes again',
    before: invoice('OPEN', 1),
    after: invoice('OPEN', 1),
    origin: 'WEBHOOK',
    announces: [],
  },
  {
    when: 'the next attempt fails',
    before: invoice('OPEN', 1),
    after: invoice('OPEN', 2),
    origin: 'WEBHOOK',
    announces: ['PAYMENT_FAILED'],
  },
  {
    when: 'the first thing heard is a failure',
    before: null,
    after: invoice('OPEN', 1),
    origin: 'WEBHOOK',
    announces: ['PAYMENT_FAILED'],
  },
  {
    when: 'a failure arrives after the payment',
    before: invoice('PAID'),
    after: invoice('PAID', 1),
    origin: 'WEBHOOK',
    announces: [],
  },
  {
    when: 'the backfill meets an old open invoice',
    before: null,
    after: invoice('OPEN'),
    origin: 'BACKFILL',
    announces: [],
  },
  {
    when: 'the backfill meets an old paid invoice',
    before: null,
    after: invoice('PAID'),
    origin: 'BACKFILL',
    announces: [],
  },
  {
    when: 'the backfill finds that a known invoice was paid',
    before: invoice('OPEN', 1),
    after: invoice('PAID', 1),
    origin: 'BACKFILL',
    announces: ['PAID'],
  },
  {
    when: 'a reread finds that it was paid',
    before: invoice('OPEN', 1),
    after: invoice('PAID', 1),
    origin: 'REFETCH',
    announces: ['PAID'],
  },
  {
    when: 'a failed invoice is paid',
    before: invoice('OPEN', 2),
    after: invoice('PAID', 2),
    origin: 'WEBHOOK',
    announces: ['PAID'],
  },
  {
    when: 'the payment comes again',
    before: invoice('PAID'),
    after: invoice('PAID'),
    origin: 'WEBHOOK',
    announces: [],
  },
  { when: 'it is voided', before: invoice('OPEN'), after: invoice('VOID'), origin: 'WEBHOOK', announces: ['VOIDED'] },
  {
    when: 'it is written off',
    before: invoice('OPEN', 4),
    after: invoice('UNCOLLECTIBLE', 4),
    origin: 'WEBHOOK',
    announces: ['MARKED_UNCOLLECTIBLE'],
  },
  {
    when: 'it is paid after being written off',
    before: invoice('UNCOLLECTIBLE'),
    after: invoice('PAID'),
    origin: 'WEBHOOK',
    announces: ['PAID'],
  },
  {
    when: 'a draft is deleted',
    before: invoice('DRAFT'),
    after: invoice('DRAFT', 0, true),
    origin: 'WEBHOOK',
    announces: [],
  },
])('announces $announces when $when', ({ before, after, origin, announces }) => {
  expect(invoiceTransitions(before, after, origin)).toEqual(announces);
});
