import { describe, expect, it } from '@jest/globals';
import { mirrorId } from '#subgraphs/shared/ids/ids.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { ChildTable } from '../../domain/child-columns.ts';
import { childrenOf } from './children.ts';
import { idOf } from './fields.ts';

const owner = { workspaceId: 'ws_1', account: 'acct_1' };

/** What is said of each row of a table, without what is not. */
function saidIn(kind: string, content: JsonObject, table: ChildTable): { rows: object[]; complete: boolean } {
  const list = childrenOf(kind, content, owner).find((each) => each.table === table);
  const rows = (list?.rows ?? []).map(({ stripeId, columns }) => ({
    stripeId,
    ...Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined)),
  }));
  return { rows, complete: list?.complete ?? false };
}

const line = {
  id: 'il_1',
  amount: 2_000,
  currency: 'usd',
  quantity: 2,
  description: 'Seats',
  period: { start: 100, end: 200 },
};
const lineShapes: Record<string, JsonObject> = {
  '2020-08-27': {
    ...line,
    type: 'subscription',
    subscription: 'sub_1',
    subscription_item: 'si_1',
    proration: false,
    price: { id: 'price_1', product: 'prod_1' },
    plan: { id: 'price_1' },
    discount_amounts: [{ amount: 100, discount: 'di_1' }],
    tax_amounts: [{ amount: 380, inclusive: false, tax_rate: 'txr_1' }],
  },
  '2025-03-31.basil': {
    ...line,
    parent: {
      type: 'subscription_item_details',
      invoice_item_details: null,
      subscription_item_details: {
        subscription: 'sub_1',
        subscription_item: 'si_1',
        proration: false,
        invoice_item: null,
      },
    },
    pricing: {
      type: 'price_details',
      price_details: { price: 'price_1', product: 'prod_1' },
      unit_amount_decimal: '1000',
    },
    discount_amounts: [{ amount: 100, discount: 'di_1' }],
    taxes: [{ amount: 380, tax_behavior: 'exclusive', tax_rate_details: { tax_rate: 'txr_1' } }],
  },
  '2026-10-28.endive': {
    ...line,
    quantity_decimal: '2',
    subscription: 'sub_1',
    parent: {
      type: 'subscription_item_details',
      invoice_item_details: null,
      subscription_item_details: {
        subscription: 'sub_1',
        subscription_item: 'si_1',
        proration: false,
        invoice_item: null,
      },
    },
    pricing: {
      type: 'price_details',
      price_details: { price: { id: 'price_1' }, product: 'prod_1' },
      unit_amount_decimal: '1000',
    },
    discount_amounts: [{ amount: 100, discount: 'di_1' }],
    taxes: [{ amount: 300 }, { amount: 80 }],
  },
};

describe('lines of an invoice', () => {
  it.each(Object.entries(lineShapes))('as version %s sends them', (_version, shape) => {
    const { rows, complete } = saidIn(
      'invoice',
      { id: 'in_1', currency: 'usd', lines: { data: [shape], has_more: false } },
      'invoice_line',
    );
    expect(complete).toBe(true);
    expect(rows).toMatchObject([
      {
        stripeId: 'il_1',
        invoiceId: idOf('invoice', 'in_1', owner),
        amountMinor: 2_000n,
        discountMinor: 100n,
        taxMinor: 380n,
        currency: 'USD',
        quantity: 2n,
        position: 0,
        priceId: idOf('price', 'price_1', owner),
        productId: idOf('product', 'prod_1', owner),
        subscriptionId: idOf('subscription', 'sub_1', owner),
        subscriptionItemId: mirrorId('si', 'ws_1', 'acct_1', 'si_1'),
        invoiceItemId: null,
        proration: false,
        periodStart: new Date(100_000),
        periodEnd: new Date(200_000),
        description: 'Seats',
      },
    ]);
  });

  it('that Stripe cut are not complete, nor are those it did not send', () => {
    expect(saidIn('invoice', { id: 'in_1', lines: { data: [line], has_more: true } }, 'invoice_line')).toMatchObject({
      rows: [{ stripeId: 'il_1' }],
      complete: false,
    });
    expect(saidIn('invoice', { id: 'in_1' }, 'invoice_line')).toEqual({ rows: [], complete: false });
  });

  it('come from a single item too', () => {
    const shape = {
      ...line,
      pricing: null,
      parent: { invoice_item_details: { invoice_item: 'ii_1', proration: true, subscription: null } },
    };
    expect(
      saidIn('invoice', { id: 'in_1', lines: { data: [shape], has_more: false } }, 'invoice_line').rows,
    ).toMatchObject([
      { invoiceItemId: idOf('invoiceitem', 'ii_1', owner), proration: true, subscriptionId: null, priceId: null },
    ]);
  });
});

it.each<[string, JsonObject]>([
  ['2024-06-20', { tax_amounts: [{ amount: 7 }], discount_amounts: [{ amount: 3 }] }],
  ['2026-10-28.endive', { taxes: [{ amount: 7 }], discount_amounts: [{ amount: 3 }] }],
])('lines of a credit note, as version %s sends them', (_version, more) => {
  const shape = {
    id: 'cnli_1',
    amount: 50,
    quantity: 1,
    unit_amount_decimal: '50.5',
    invoice_line_item: 'il_1',
    type: 'invoice_line_item',
    ...more,
  };
  const { rows } = saidIn(
    'credit_note',
    { id: 'cn_1', currency: 'isk', lines: { data: [{ ...shape, amount: 5_000 }], has_more: false } },
    'credit_note_line',
  );
  expect(rows).toMatchObject([
    {
      stripeId: 'cnli_1',
      amountMinor: 50n,
      currency: 'ISK',
      invoiceLineId: mirrorId('il', 'ws_1', 'acct_1', 'il_1'),
      unitAmountDecimal: '50.5',
    },
  ]);
});

describe('discounts', () => {
  const coupon = idOf('coupon', 'c_1', owner);
  const given = { id: 'di_1', object: 'discount', promotion_code: null, start: 100, end: null };

  it.each<[string, string, JsonObject]>([
    [
      'of a subscription in 2020-08-27',
      'subscription',
      { id: 'sub_1', discount: { ...given, coupon: { id: 'c_1', percent_off: 10 } } },
    ],
    [
      'of a subscription in 2024-06-20',
      'subscription',
      { id: 'sub_1', discount: { ...given, coupon: { id: 'c_1' } }, discounts: ['di_1'] },
    ],
    [
      'of a subscription in endive, expanded',
      'subscription',
      { id: 'sub_1', discounts: [{ ...given, source: { type: 'coupon', coupon: 'c_1' } }] },
    ],
    [
      'of a customer',
      'customer',
      { id: 'cus_1', discount: { ...given, source: { type: 'coupon', coupon: { id: 'c_1' } } } },
    ],
  ])('%s', (_name, kind, content) => {
    expect(saidIn(kind, content, 'discount')).toMatchObject({
      rows: [
        {
          stripeId: 'di_1',
          ownerKind: kind,
          couponId: coupon,
          promotionCodeId: null,
          startsAt: new Date(100_000),
          endsAt: null,
        },
      ],
      complete: true,
    });
  });

  it('that are only named say nothing of their coupon', () => {
    const { rows } = saidIn('subscription', { id: 'sub_1', discounts: ['di_1'] }, 'discount');
    expect(rows).toEqual([
      { stripeId: 'di_1', ownerKind: 'subscription', ownerId: idOf('subscription', 'sub_1', owner) },
    ]);
  });

  it('of an invoice say what they took off, also those on its lines alone', () => {
    const content = {
      id: 'in_1',
      currency: 'usd',
      discounts: ['di_1'],
      total_discount_amounts: [
        { amount: 500, discount: 'di_1' },
        { amount: 5, discount: 'di_2' },
      ],
    };
    expect(saidIn('invoice', content, 'discount').rows).toMatchObject([
      { stripeId: 'di_1', amountMinor: 500n, currency: 'USD' },
      { stripeId: 'di_2', amountMinor: 5n, currency: 'USD' },
    ]);
  });

  it('that are none are complete: what was there is gone', () => {
    expect(saidIn('customer', { id: 'cus_1', discount: null }, 'discount')).toEqual({ rows: [], complete: true });
    expect(saidIn('customer', { id: 'cus_1' }, 'discount')).toEqual({ rows: [], complete: false });
  });

  it('of one subscription and of its invoice are two rows', () => {
    const [ofSubscription, ofInvoice] = (
      [
        ['subscription', 'sub_1'],
        ['invoice', 'in_1'],
      ] as const
    ).map(
      ([kind, id]) =>
        childrenOf(kind, { id, discounts: ['di_1'] }, owner).find(({ table }) => table === 'discount')?.rows[0]?.id,
    );
    expect(ofSubscription).not.toBe(ofInvoice);
  });
});

it.each<[string, JsonObject]>([
  [
    '2020-08-27',
    {
      total_tax_amounts: [
        { amount: 19, inclusive: true, tax_rate: 'txr_1', taxability_reason: 'standard_rated', taxable_amount: 100 },
      ],
    },
  ],
  [
    '2026-10-28.endive',
    {
      total_taxes: [
        {
          amount: 19,
          tax_behavior: 'inclusive',
          tax_rate_details: { tax_rate: 'txr_1' },
          taxability_reason: 'standard_rated',
          taxable_amount: 100,
        },
      ],
    },
  ],
])('taxes of an invoice, as version %s sends them', (_version, more) => {
  expect(saidIn('invoice', { id: 'in_1', currency: 'eur', ...more }, 'tax_amount')).toMatchObject({
    rows: [
      {
        taxRateId: idOf('tax_rate', 'txr_1', owner),
        amountMinor: 19n,
        taxableAmountMinor: 100n,
        inclusive: true,
        reason: 'STANDARD_RATED',
        currency: 'EUR',
      },
    ],
    complete: true,
  });
});

it('two taxes without a rate and for the same reason stay two', () => {
  const tax = { amount: 0, tax_behavior: 'exclusive', tax_rate_details: null, taxability_reason: 'not_collecting' };
  const list = childrenOf('invoice', { id: 'in_1', currency: 'eur', total_taxes: [tax, tax] }, owner).find(
    ({ table }) => table === 'tax_amount',
  );
  expect(new Set(list?.rows.map(({ id }) => id)).size).toBe(2);
});
