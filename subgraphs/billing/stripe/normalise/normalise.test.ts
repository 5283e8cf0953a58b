import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { normalise } from './normalise.ts';
import { paymentLinks } from './payment-links.ts';
import { subscriptionItems } from './subscription.ts';

const owner = { workspaceId: 'ws_1', account: 'acct_1' };
const invoice: JsonObject = {
  id: 'in_1',
  object: 'invoice',
  currency: 'usd',
  status: 'open',
  amount_due: 1_900,
  amount_paid: 0,
  amount_remaining: 1_900,
  subtotal: 1_900,
  total: 1_900,
  attempt_count: 2,
  attempted: true,
  customer: 'cus_1',
  status_transitions: { paid_at: null },
  account_name: 'Acme',
};

describe('one object in two versions of the API is one row', () => {
  it.each<[string, JsonObject, JsonObject]>([
    [
      'invoice',
      {
        ...invoice,
        subscription: 'sub_1',
        paid: false,
        charge: null,
        payment_intent: 'pi_1',
        discount: null,
        tax: null,
      },
      {
        ...invoice,
        parent: {
          type: 'subscription_details',
          quote_details: null,
          subscription_details: { subscription: 'sub_1', metadata: {} },
        },
        total_taxes: [],
      },
    ],
    ['invoice', { ...invoice, subscription: null }, { ...invoice, parent: null }],
    [
      'subscription',
      {
        id: 'sub_1',
        object: 'subscription',
        status: 'active',
        current_period_start: 100,
        current_period_end: 200,
        discount: null,
        items: { data: [{ id: 'si_1' }], has_more: false },
      },
      {
        id: 'sub_1',
        object: 'subscription',
        status: 'active',
        discounts: [],
        items: { data: [{ id: 'si_1', current_period_start: 100, current_period_end: 200 }], has_more: false },
      },
    ],
    [
      'payment_intent',
      {
        id: 'pi_1',
        object: 'payment_intent',
        status: 'succeeded',
        amount: 5,
        amount_received: 5,
        currency: 'jpy',
        last_payment_error: null,
        charges: { data: [{ id: 'ch_1' }] },
      },
      {
        id: 'pi_1',
        object: 'payment_intent',
        status: 'succeeded',
        amount: 5,
        amount_received: 5,
        currency: 'jpy',
        last_payment_error: null,
        latest_charge: 'ch_1',
      },
    ],
  ])('%s', (kind, legacy, current) => {
    expect(normalise(kind, legacy, owner)).toEqual(normalise(kind, current, owner));
  });

  it('subscription items', () => {
    const item = { id: 'si_1', object: 'subscription_item', created: 50, price: { id: 'price_1' }, quantity: 2 };
    const legacy = subscriptionItems(
      { id: 'sub_1', current_period_start: 100, current_period_end: 200, items: { data: [item], has_more: false } },
      owner,
    );
    const current = subscriptionItems(
      {
        id: 'sub_1',
        items: { data: [{ ...item, current_period_start: 100, current_period_end: 200 }], has_more: false },
      },
      owner,
    );
    expect(legacy.rows.map(({ columns }) => columns)).toEqual(current.rows.map(({ columns }) => columns));
  });
});

it('a field that a version does not have is left out, and one that is null is null', () => {
  expect(normalise('customer', { id: 'cus_1', name: null }, owner)).toMatchObject({
    name: null,
    email: undefined,
    defaultPaymentMethodId: undefined,
  });
  expect(normalise('subscription', { id: 'sub_1', items: { data: [] } }, owner)).not.toHaveProperty('currentPeriodEnd');
});

it('an object that came expanded is the same reference', () => {
  expect(normalise('charge', { customer: { id: 'cus_1', object: 'customer' } }, owner)).toMatchObject({
    customerId: normalise('charge', { customer: 'cus_1' }, owner)['customerId'],
  });
});

it.each([
  ['usd', 1_999, 1_999n],
  ['jpy', 500, 500n],
  ['kwd', 1_250, 1_250n],
  ['isk', 50_000, 500n],
  ['ugx', 370_000, 3_700n],
])('an amount in %s is in that currency’s own minor unit', (currency, amount, minor) => {
  expect(normalise('charge', { currency, amount }, owner)).toMatchObject({
    amountMinor: minor,
    currency: currency.toUpperCase(),
  });
});

it('a price with a fraction of a cent keeps all its digits', () => {
  expect(
    normalise('price', { currency: 'usd', unit_amount: null, unit_amount_decimal: '0.0125', recurring: null }, owner),
  ).toMatchObject({ unitAmountMinor: null, unitAmountDecimal: '0.0125', recurringInterval: null });
});

it.each<[string, JsonObject]>([
  [
    'an invoice payment',
    {
      id: 'inpay_1',
      object: 'invoice_payment',
      invoice: 'in_1',
      payment: { type: 'payment_intent', payment_intent: 'pi_1' },
      status: 'open',
    },
  ],
  [
    'an invoice with its payments',
    {
      id: 'in_1',
      object: 'invoice',
      payments: { data: [{ id: 'inpay_1', payment: { payment_intent: { id: 'pi_1' } } }] },
    },
  ],
  ['an invoice of 2024', { id: 'in_1', object: 'invoice', payment_intent: 'pi_1', charge: 'ch_1' }],
  ['a payment intent of 2024', { id: 'pi_1', object: 'payment_intent', invoice: 'in_1' }],
  ['a charge of 2024', { id: 'ch_1', object: 'charge', invoice: 'in_1', payment_intent: 'pi_1' }],
])('%s says which payment is whose, and nothing that another version would not say', (_name, object) => {
  expect(paymentLinks(object)).toMatchObject([
    { invoiceStripeId: 'in_1', paymentIntentStripeId: 'pi_1', chargeStripeId: null },
  ]);
});
