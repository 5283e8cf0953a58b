import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { MirrorKind } from '../../domain/kinds.ts';
import { idOf } from './fields.ts';
import { normalise } from './normalise.ts';

const owner = { workspaceId: 'ws_1', account: 'acct_1' };
const id = (kind: MirrorKind, stripeId: string): string => idOf(kind, stripeId, owner);

interface Versions {
  readonly kind: MirrorKind;
  /** The same object as versions of the API send it. */
  readonly shapes: Readonly<Record<string, JsonObject>>;
  readonly row: Readonly<Record<string, unknown>>;
}

const money = { currency: 'usd', amount: 1_000 };
const parentOf = (subscription: string): JsonObject => ({
  parent: { type: 'subscription_details', subscription_details: { subscription, metadata: {} } },
});

const versions: Readonly<Record<string, Versions>> = {
  'an invoice: subscription and tax': {
    kind: 'invoice',
    shapes: {
      '2020-08-27': {
        id: 'in_1',
        currency: 'usd',
        subscription: 'sub_1',
        tax: 150,
        total_tax_amounts: [{ amount: 150, inclusive: false, tax_rate: 'txr_1' }],
        lines: { data: [], has_more: true },
      },
      '2024-06-20': {
        id: 'in_1',
        currency: 'usd',
        subscription: { id: 'sub_1' },
        tax: 150,
        total_tax_amounts: [{ amount: 150, inclusive: false, tax_rate: { id: 'txr_1' } }],
        lines: { data: [], has_more: true },
      },
      '2025-03-31.basil': {
        id: 'in_1',
        currency: 'usd',
        ...parentOf('sub_1'),
        lines: { data: [], has_more: true },
        total_taxes: [{ amount: 150, tax_behavior: 'exclusive', tax_rate_details: { tax_rate: 'txr_1' } }],
      },
      '2026-10-28.endive': {
        id: 'in_1',
        currency: 'usd',
        ...parentOf('sub_1'),
        lines: { data: [], has_more: true },
        total_taxes: [
          { amount: 100, tax_behavior: 'exclusive' },
          { amount: 50, tax_behavior: 'inclusive' },
        ],
      },
    },
    row: { subscriptionId: id('subscription', 'sub_1'), taxMinor: 150n, linesPartial: true },
  },
  'an invoice without tax': {
    kind: 'invoice',
    shapes: {
      '2020-08-27': { currency: 'usd', subscription: null, tax: null },
      '2024-06-20': { currency: 'usd', subscription: null, tax: null, total_tax_amounts: [] },
      '2026-10-28.endive': { currency: 'usd', parent: null, total_taxes: [] },
    },
    row: { subscriptionId: null, taxMinor: 0n },
  },
  'a promotion code and its coupon': {
    kind: 'promotion_code',
    shapes: {
      '2020-08-27': { code: 'SPRING', coupon: { id: 'c_1', object: 'coupon', percent_off: 10 }, active: true },
      '2024-06-20': { code: 'SPRING', coupon: 'c_1', active: true },
      '2026-10-28.endive': { code: 'SPRING', promotion: { type: 'coupon', coupon: 'c_1' }, active: true },
    },
    row: { code: 'SPRING', couponId: id('coupon', 'c_1'), active: true },
  },
  'a credit note and its tax': {
    kind: 'credit_note',
    shapes: {
      '2020-08-27': {
        ...money,
        status: 'issued',
        invoice: 'in_1',
        customer: 'cus_1',
        refund: 're_1',
        tax_amounts: [{ amount: 70 }, { amount: 7 }],
        lines: { data: [], has_more: false },
        type: 'post_payment',
        voided_at: null,
      },
      '2024-06-20': {
        ...money,
        status: 'issued',
        invoice: { id: 'in_1' },
        customer: { id: 'cus_1' },
        refund: 're_1',
        tax_amounts: [{ amount: 77, inclusive: true }],
        lines: { data: [], has_more: false },
        type: 'post_payment',
        voided_at: null,
      },
      '2025-03-31.basil': {
        ...money,
        status: 'issued',
        invoice: 'in_1',
        customer: 'cus_1',
        refunds: [{ refund: 're_1', amount_refunded: 1_000 }],
        total_taxes: [{ amount: 77 }],
        lines: { data: [], has_more: false },
        type: 'post_payment',
        voided_at: null,
      },
      '2026-10-28.endive': {
        ...money,
        status: 'issued',
        invoice: 'in_1',
        customer: null,
        customer_account: 'cus_1',
        refunds: [{ refund: 're_1', amount_refunded: 1_000, type: 'refund' }],
        total_taxes: [{ amount: 77 }],
        lines: { data: [], has_more: false },
        type: 'post_payment',
        voided_at: null,
      },
    },
    row: {
      status: 'ISSUED',
      currency: 'USD',
      amountMinor: 1_000n,
      taxMinor: 77n,
      invoiceId: id('invoice', 'in_1'),
      customerId: id('customer', 'cus_1'),
      type: 'POST_PAYMENT',
      voidedAt: null,
      linesPartial: false,
    },
  },
  'a dispute and the card network’s reason': {
    kind: 'dispute',
    shapes: {
      '2020-08-27': {
        ...money,
        status: 'needs_response',
        charge: 'ch_1',
        payment_intent: 'pi_1',
        network_reason_code: '4837',
        reason: 'fraudulent',
        evidence_details: { due_by: 100, has_evidence: false },
        is_charge_refundable: false,
      },
      '2024-06-20': {
        ...money,
        status: 'needs_response',
        charge: 'ch_1',
        payment_intent: 'pi_1',
        reason: 'fraudulent',
        payment_method_details: { type: 'card', card: { brand: 'visa', network_reason_code: '4837' } },
        evidence_details: { due_by: 100, has_evidence: false },
        is_charge_refundable: false,
      },
      '2026-10-28.endive': {
        ...money,
        status: 'needs_response',
        charge: { id: 'ch_1' },
        payment_intent: { id: 'pi_1' },
        reason: 'fraudulent',
        payment_method_details: {
          type: 'card',
          card: { brand: 'visa', case_type: 'chargeback', network_reason_code: '4837' },
        },
        evidence_details: { due_by: 100, has_evidence: false, enhanced_eligibility: {} },
        is_charge_refundable: false,
        enhanced_eligibility_types: [],
      },
    },
    row: {
      status: 'NEEDS_RESPONSE',
      currency: 'USD',
      amountMinor: 1_000n,
      chargeId: id('charge', 'ch_1'),
      paymentIntentId: id('payment_intent', 'pi_1'),
      networkReasonCode: '4837',
      reason: 'FRAUDULENT',
      evidenceDueAt: new Date(100_000),
      hasEvidence: false,
      isChargeRefundable: false,
    },
  },
  'an invoice item: price and subscription': {
    kind: 'invoiceitem',
    shapes: {
      '2020-08-27': { ...money, price: { id: 'price_1' }, subscription: 'sub_1', proration: true, quantity: 2 },
      '2024-06-20': {
        ...money,
        price: { id: 'price_1' },
        plan: { id: 'price_1' },
        subscription: 'sub_1',
        proration: true,
        quantity: 2,
      },
      '2026-10-28.endive': {
        ...money,
        ...parentOf('sub_1'),
        pricing: { type: 'price_details', price_details: { price: 'price_1', product: 'prod_1' } },
        proration: true,
        quantity: 2,
        quantity_decimal: '2',
      },
    },
    row: {
      currency: 'USD',
      amountMinor: 1_000n,
      priceId: id('price', 'price_1'),
      subscriptionId: id('subscription', 'sub_1'),
      proration: true,
      quantity: 2n,
    },
  },
  'a tax id and whose it is': {
    kind: 'tax_id',
    shapes: {
      '2020-08-27': {
        type: 'eu_vat',
        value: 'DE123',
        country: 'DE',
        customer: 'cus_1',
        verification: { status: 'verified' },
      },
      '2026-10-28.endive': {
        type: 'eu_vat',
        value: 'DE123',
        country: 'DE',
        customer: null,
        owner: { type: 'customer', customer: 'cus_1' },
        verification: { status: 'verified' },
      },
    },
    row: {
      type: 'EU_VAT',
      value: 'DE123',
      country: 'DE',
      customerId: id('customer', 'cus_1'),
      verificationStatus: 'VERIFIED',
    },
  },
  'a payment for an invoice': {
    kind: 'invoice_payment',
    shapes: {
      '2025-03-31.basil': {
        currency: 'usd',
        amount_paid: 5,
        amount_requested: 5,
        invoice: 'in_1',
        is_default: true,
        status: 'paid',
        payment: { type: 'payment_intent', payment_intent: 'pi_1' },
        status_transitions: { paid_at: 100, canceled_at: null },
      },
      '2026-10-28.endive': {
        currency: 'usd',
        amount_paid: 5,
        amount_requested: 5,
        invoice: { id: 'in_1' },
        is_default: true,
        status: 'paid',
        payment: { type: 'payment_intent', payment_intent: { id: 'pi_1' } },
        status_transitions: { paid_at: 100, canceled_at: null },
      },
    },
    row: {
      currency: 'USD',
      amountPaidMinor: 5n,
      amountRequestedMinor: 5n,
      invoiceId: id('invoice', 'in_1'),
      paymentIntentId: id('payment_intent', 'pi_1'),
      chargeId: null,
      isDefault: true,
      status: 'PAID',
      paidAt: new Date(100_000),
      canceledAt: null,
    },
  },
};

describe.each(Object.entries(versions))('%s', (_name, { kind, shapes, row }) => {
  it.each(Object.entries(shapes))('as version %s sends it', (_version, shape) => {
    const told = Object.entries(normalise(kind, shape, owner)).filter(([, value]) => value !== undefined);
    expect(Object.fromEntries(told)).toMatchObject(row);
  });
});
