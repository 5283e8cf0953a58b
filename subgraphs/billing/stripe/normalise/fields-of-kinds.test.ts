import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { COLUMNS } from '../../domain/columns.ts';
import { MIRROR_KINDS, type MirrorKind } from '../../domain/kinds.ts';
import { idOf } from './fields.ts';
import { normalise } from './normalise.ts';

const owner = { workspaceId: 'ws_1', account: 'acct_1' };
const id = (kind: MirrorKind, stripeId: string): string => idOf(kind, stripeId, owner);
const money = { currency: 'usd', amount: 1_000 };

// Kinds whose shape has not changed over these versions: what each field becomes.
it.each<[MirrorKind, JsonObject, Record<string, unknown>]>([
  [
    'plan',
    {
      amount: 500,
      amount_decimal: '500.25',
      currency: 'jpy',
      interval: 'month',
      interval_count: 3,
      product: 'prod_1',
      usage_type: 'metered',
      trial_period_days: 7,
    },
    {
      amountMinor: 500n,
      amountDecimal: '500.25',
      currency: 'JPY',
      recurringInterval: 'MONTH',
      recurringIntervalCount: 3,
      productId: id('product', 'prod_1'),
      usageType: 'METERED',
      trialPeriodDays: 7,
    },
  ],
  [
    'coupon',
    {
      name: 'Summer',
      percent_off: 33.333,
      amount_off: null,
      currency: null,
      duration: 'repeating',
      duration_in_months: 3,
      times_redeemed: 2,
      max_redemptions: null,
      redeem_by: 100,
      valid: true,
    },
    {
      name: 'Summer',
      percentOff: '33.333',
      amountOffMinor: null,
      currency: null,
      duration: 'REPEATING',
      durationInMonths: 3,
      timesRedeemed: 2n,
      maxRedemptions: null,
      redeemBy: new Date(100_000),
      valid: true,
    },
  ],
  [
    'refund',
    {
      ...money,
      status: 'failed',
      charge: 'ch_1',
      payment_intent: 'pi_1',
      reason: 'duplicate',
      failure_reason: 'declined',
      balance_transaction: 'txn_1',
      failure_balance_transaction: { id: 'txn_2' },
    },
    {
      amountMinor: 1_000n,
      status: 'FAILED',
      chargeId: id('charge', 'ch_1'),
      paymentIntentId: id('payment_intent', 'pi_1'),
      reason: 'DUPLICATE',
      failureReason: 'declined',
      balanceTransactionId: id('balance_transaction', 'txn_1'),
      failureBalanceTransactionId: id('balance_transaction', 'txn_2'),
    },
  ],
  [
    'setup_intent',
    {
      status: 'requires_payment_method',
      customer: 'cus_1',
      payment_method: null,
      usage: 'off_session',
      last_setup_error: { code: 'card_declined', decline_code: 'lost_card' },
    },
    {
      status: 'REQUIRES_PAYMENT_METHOD',
      customerId: id('customer', 'cus_1'),
      paymentMethodId: null,
      usage: 'OFF_SESSION',
      lastErrorCode: 'card_declined',
      lastDeclineCode: 'lost_card',
    },
  ],
  [
    'payout',
    {
      ...money,
      status: 'failed',
      arrival_date: 200,
      automatic: true,
      destination: { id: 'ba_1' },
      failure_code: 'account_closed',
      original_payout: null,
      reversed_by: 'po_2',
      reconciliation_status: 'completed',
      trace_id: { status: 'supported', value: 'T1' },
    },
    {
      status: 'FAILED',
      arrivalAt: new Date(200_000),
      automatic: true,
      destinationStripeId: 'ba_1',
      failureCode: 'account_closed',
      originalPayoutId: null,
      reversedById: id('payout', 'po_2'),
      reconciliationStatus: 'COMPLETED',
      traceId: 'T1',
      listableAs: 'FAILED/COMPLETED',
    },
  ],
  [
    'transfer',
    {
      ...money,
      amount_reversed: 300,
      reversed: false,
      destination: 'acct_2',
      source_transaction: 'ch_1',
      transfer_group: 'g',
    },
    {
      amountReversedMinor: 300n,
      reversed: false,
      destinationAccount: 'acct_2',
      sourceChargeId: id('charge', 'ch_1'),
      transferGroup: 'g',
    },
  ],
  [
    'balance_transaction',
    {
      ...money,
      fee: 59,
      net: 941,
      type: 'charge',
      reporting_category: 'charge',
      status: 'pending',
      source: 'ch_1',
      available_on: 300,
      exchange_rate: 0.000_000_25,
    },
    {
      amountMinor: 1_000n,
      feeMinor: 59n,
      netMinor: 941n,
      type: 'CHARGE',
      reportingCategory: 'CHARGE',
      status: 'PENDING',
      sourceStripeId: 'ch_1',
      availableAt: new Date(300_000),
      exchangeRate: '0.00000025',
    },
  ],
  [
    'tax_rate',
    { display_name: 'VAT', percentage: 19, inclusive: false, active: true, country: 'DE', tax_type: 'vat' },
    { displayName: 'VAT', percentage: '19', inclusive: false, active: true, country: 'DE', taxType: 'VAT' },
  ],
  [
    'subscription_schedule',
    {
      status: 'released',
      customer: 'cus_1',
      subscription: null,
      released_subscription: 'sub_1',
      current_phase: null,
      released_at: 100,
      end_behavior: 'release',
    },
    {
      status: 'RELEASED',
      customerId: id('customer', 'cus_1'),
      subscriptionId: id('subscription', 'sub_1'),
      currentPhaseStart: null,
      currentPhaseEnd: null,
      releasedAt: new Date(100_000),
      endBehavior: 'RELEASE',
    },
  ],
  [
    'quote',
    {
      status: 'accepted',
      currency: 'eur',
      amount_total: 5,
      amount_subtotal: 4,
      customer: 'cus_1',
      subscription: 'sub_1',
      invoice: null,
      status_transitions: { accepted_at: 100 },
    },
    {
      status: 'ACCEPTED',
      amountTotalMinor: 5n,
      amountSubtotalMinor: 4n,
      subscriptionId: id('subscription', 'sub_1'),
      invoiceId: null,
      acceptedAt: new Date(100_000),
    },
  ],
  [
    'radar.early_fraud_warning',
    { charge: 'ch_1', fraud_type: 'made_with_stolen_card', actionable: true },
    { chargeId: id('charge', 'ch_1'), fraudType: 'MADE_WITH_STOLEN_CARD', actionable: true },
  ],
  [
    'review',
    { charge: 'ch_1', open: true, reason: 'rule', opened_reason: 'rule', closed_reason: null },
    { chargeId: id('charge', 'ch_1'), open: true, reason: 'RULE', openedReason: 'RULE', closedReason: null },
  ],
  [
    'topup',
    { ...money, status: 'succeeded', balance_transaction: 'txn_1', expected_availability_date: 100 },
    { status: 'SUCCEEDED', amountMinor: 1_000n, expectedAvailableAt: new Date(100_000) },
  ],
  [
    'application_fee',
    { ...money, amount_refunded: 0, account: 'acct_2', charge: 'ch_9', refunded: false },
    { amountRefundedMinor: 0n, feeAccount: 'acct_2', chargeStripeId: 'ch_9', refunded: false },
  ],
])('a %s becomes its row', (kind, object, row) => {
  expect(normalise(kind, object, owner)).toMatchObject(row);
});

it.each([
  ['jpy', 500, 500n],
  ['kwd', 1_250, 1_250n],
  ['isk', 50_000, 500n],
])('amounts of every kind in %s are in that currency’s own minor unit', (currency, amount, minor) => {
  for (const kind of [
    'refund',
    'dispute',
    'credit_note',
    'payout',
    'transfer',
    'balance_transaction',
    'topup',
  ] as const)
    expect(normalise(kind, { currency, amount }, owner)).toMatchObject({
      currency: currency.toUpperCase(),
      amountMinor: minor,
    });
  expect(normalise('coupon', { currency, amount_off: amount }, owner)).toMatchObject({ amountOffMinor: minor });
});

describe.each(MIRROR_KINDS)('%s', (kind) => {
  it('has a column for all that its normaliser says, and nothing is said of a field that is missing', () => {
    const said = normalise(kind, { id: 'x_1', object: kind }, owner);
    expect(Object.keys(said).filter((field) => !(field in COLUMNS[kind]))).toEqual([]);
    // What an object without the field means is known for these: a charge that did not fail has no decline, nobody owns the merchant's own tax id.
    const always: Partial<Record<MirrorKind, string[]>> = {
      charge: ['declineCode'],
      invoice: ['customerId'],
      tax_id: ['customerId'],
    };
    const told = Object.entries(said).filter(([, value]) => value !== undefined);
    expect(told.map(([field]) => field)).toEqual(always[kind] ?? []);
  });

  it('is not stopped by fields of unknown names and unexpected types', () => {
    const odd = Object.fromEntries(
      [
        ...Object.keys(COLUMNS[kind]),
        'amount',
        'currency',
        'status',
        'metadata',
        'lines',
        'source',
        'promotion',
        'pricing',
        'brand_new',
      ].map((field) => [field, { odd: [1.5] }]),
    );
    expect(() => normalise(kind, { ...odd, id: 'x_1' }, owner)).not.toThrow();
  });
});

it('a kind that nobody models has no columns', () => {
  expect(normalise('some_future_resource', { id: 'x', amount: 5 }, owner)).toEqual({});
});

it('the same Stripe id under two kinds is two of our ids', () => {
  const kinds = ['price', 'plan', 'product', 'coupon', 'mandate', 'payment_link'];
  expect(new Set(kinds.map((kind) => idOf(kind, 'gold', owner))).size).toBe(kinds.length);
});
