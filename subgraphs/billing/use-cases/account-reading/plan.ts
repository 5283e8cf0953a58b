import { z } from 'zod';
import type { MirrorKind } from '../../domain/kinds.ts';
import type { ListFilter } from '../../stripe/list-objects.ts';

/** One list to be read to its end. */
export interface Pass {
  readonly kind: MirrorKind;
  readonly filter: ListFilter;
  /** Read customer by customer: Stripe has no such list of the whole account. */
  readonly byCustomer?: true;
}

/** Without these there is no mirror to speak of: a key that may not read them is refused, instead of leaving a hole. */
export const CORE: ReadonlySet<MirrorKind> = new Set([
  'customer',
  'product',
  'price',
  'subscription',
  'invoice',
  'charge',
  'payment_intent',
  'payment_method',
]);

/**
 * The lists that together show everything. What refers comes after what it refers to, so that the graph has few gaps on the way. Stripe's lists
 * leave out what is on a test clock unless that clock is named, and what is archived unless it is asked for. The core comes first.
 */
export function passesOf(testClocks: readonly string[]): readonly Pass[] {
  const all = (kind: MirrorKind): Pass[] => [{ kind, filter: {} }];
  const onClocks = (kind: MirrorKind): Pass[] => [
    ...all(kind),
    ...testClocks.map((testClock) => ({ kind, filter: { testClock } })),
  ];
  const active = (kind: MirrorKind): Pass[] => [
    { kind, filter: { active: true } },
    { kind, filter: { active: false } },
  ];
  return [
    ...onClocks('customer'),
    ...active('product'),
    ...active('price'),
    ...onClocks('subscription'),
    ...all('invoice'),
    ...all('charge'),
    ...all('payment_intent'),
    { kind: 'payment_method', filter: {}, byCustomer: true },
    ...active('plan'),
    ...all('coupon'),
    ...active('promotion_code'),
    ...active('tax_rate'),
    ...all('tax_id'),
    { kind: 'tax_id', filter: {}, byCustomer: true },
    ...onClocks('quote'),
    ...all('subscription_schedule'),
    ...all('invoiceitem'),
    ...all('invoice_payment'),
    ...all('credit_note'),
    ...all('setup_intent'),
    ...all('refund'),
    ...all('dispute'),
    ...all('radar.early_fraud_warning'),
    ...all('review'),
    ...all('payout'),
    ...all('transfer'),
    ...all('topup'),
    ...all('application_fee'),
    ...all('balance_transaction'),
  ];
}

/** Where a reading stands. Written with each page, in its transaction: a page that is in the mirror is not read again. */
export const checkpointShape = z.object({
  /** The clocks that were there at the start: what makes the list of passes the same after a crash. */
  testClocks: z.array(z.string()),
  /** Index of the pass that is being read. Behind the last comes the end, then nothing. */
  pass: z.number().int(),
  /** Stripe's id after which the pass goes on; our id of a customer for a pass by customer. */
  after: z.string().nullable(),
  /** Stripe's second in which the last object of the page before was created; null at the start of a pass. */
  oldest: z.number().nullable(),
  counts: z.record(z.string(), z.number().int()),
  /** Calls that were answered. */
  asked: z.number().int(),
  /** What Stripe would not show, by kind, with its reason. */
  refused: z.record(z.string(), z.string()),
  differences: z.array(
    z.object({ kind: z.string(), stripeId: z.string(), what: z.enum(['MISSING', 'DIFFERENT', 'GONE']) }),
  ),
});
export type Checkpoint = z.output<typeof checkpointShape>;
export type Difference = Checkpoint['differences'][number];

export const startOf = (testClocks: readonly string[]): Checkpoint => ({
  testClocks: [...testClocks],
  pass: 0,
  after: null,
  oldest: null,
  counts: {},
  asked: 0,
  refused: {},
  differences: [],
});
