import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { invoiceObject } from './factories.ts';

const at = 1_795_000_000;
const money = { amount: 2_900, currency: 'eur' };

const line = (n: number, amount: number): JsonObject => ({
  id: `il_${String(n)}`,
  amount,
  currency: 'eur',
  description: `Line ${String(n)}`,
  period: { start: at, end: at + 1 },
  quantity: n,
  discount_amounts: [],
  taxes: [{ amount: 19 }],
  pricing: { price_details: { price: 'price_1', product: 'prod_1' } },
  parent: { subscription_item_details: { subscription: 'sub_1', subscription_item: 'si_1', proration: false } },
});

/** What happened in a small shop, as the events that told of it: one of each kind, tied to each other. */
export const shopEvents: [type: string, object: JsonObject][] = [
  ['product.created', { id: 'prod_1', object: 'product', name: 'Seats' }],
  ['price.created', { id: 'price_1', object: 'price', product: 'prod_1', currency: 'eur', unit_amount: 100 }],
  [
    'plan.created',
    { id: 'price_1', object: 'plan', product: 'prod_1', ...money, interval: 'month', interval_count: 1 },
  ],
  [
    'coupon.created',
    { id: 'SUMMER25', object: 'coupon', percent_off: 12.5, duration: 'forever', times_redeemed: 3, valid: true },
  ],
  [
    'promotion_code.created',
    { id: 'promo_1', object: 'promotion_code', code: 'SUN', promotion: { coupon: 'SUMMER25' }, active: true },
  ],
  ['customer.created', { id: 'cus_1', object: 'customer', name: 'Ada' }],
  [
    'invoice.finalized',
    invoiceObject({
      status: 'open',
      total_taxes: [{ amount: 38 }],
      lines: { data: [line(1, 100), line(2, 2_800)], has_more: true },
    }),
  ],
  [
    'charge.succeeded',
    {
      id: 'ch_1',
      object: 'charge',
      ...money,
      amount_captured: 2_900,
      amount_refunded: 0,
      status: 'succeeded',
      customer: 'cus_1',
      payment_intent: 'pi_1',
    },
  ],
  [
    'payment_intent.succeeded',
    { id: 'pi_1', object: 'payment_intent', ...money, amount_received: 2_900, status: 'succeeded' },
  ],
  [
    'invoice_payment.paid',
    {
      id: 'inpay_1',
      object: 'invoice_payment',
      invoice: 'in_1',
      currency: 'eur',
      amount_paid: 2_900,
      amount_requested: 2_900,
      status: 'paid',
      is_default: true,
      payment: { type: 'payment_intent', payment_intent: 'pi_1' },
    },
  ],
  [
    'refund.created',
    {
      id: 're_1',
      object: 'refund',
      amount: 1_000,
      currency: 'eur',
      status: 'succeeded',
      charge: 'ch_1',
      payment_intent: 'pi_1',
      balance_transaction: 'txn_2',
      reason: 'duplicate',
    },
  ],
  [
    'refund.created',
    {
      id: 're_2',
      object: 'refund',
      amount: 1,
      currency: 'eur',
      status: 'some_new_status',
      charge: 'ch_1',
      payment_intent: 'pi_1',
      created: at + 1,
    },
  ],
  [
    'charge.dispute.created',
    {
      id: 'du_1',
      object: 'dispute',
      ...money,
      status: 'needs_response',
      charge: 'ch_1',
      payment_intent: 'pi_1',
      reason: 'fraudulent',
      evidence_details: { due_by: at + 9, has_evidence: false },
    },
  ],
  [
    'credit_note.created',
    {
      id: 'cn_1',
      object: 'credit_note',
      amount: 1_000,
      currency: 'eur',
      total: 1_000,
      subtotal: 1_000,
      status: 'issued',
      invoice: 'in_1',
      customer: 'cus_1',
      type: 'post_payment',
      number: 'CN-1',
      lines: { data: [{ id: 'cnli_1', amount: 1_000, description: 'Back' }], has_more: false },
    },
  ],
  [
    'setup_intent.succeeded',
    {
      id: 'seti_1',
      object: 'setup_intent',
      status: 'succeeded',
      customer: 'cus_1',
      payment_method: null,
      usage: 'off_session',
    },
  ],
  [
    'payout.paid',
    {
      id: 'po_1',
      object: 'payout',
      amount: 1_900,
      currency: 'eur',
      status: 'paid',
      arrival_date: at,
      automatic: true,
      balance_transaction: 'txn_3',
      reconciliation_status: 'completed',
      trace_id: { value: 'TR-9' },
    },
  ],
  [
    'transfer.created',
    {
      id: 'tr_1',
      object: 'transfer',
      ...money,
      amount_reversed: 0,
      reversed: false,
      destination: 'acct_2',
      source_transaction: 'ch_1',
      transfer_group: 'g1',
    },
  ],
];
/** How its balance moved. */
export const shopMovements: readonly JsonObject[] = [
  { id: 'txn_1', amount: 2_900, fee: 100, net: 2_800, type: 'charge', source: 'ch_1' },
  { id: 'txn_2', amount: -900, fee: 0, net: -900, type: 'refund', source: 're_1' },
  { id: 'txn_3', amount: -1_900, fee: 0, net: -1_900, type: 'payout', source: 'po_1' },
].map((it, i) => ({
  ...it,
  object: 'balance_transaction',
  currency: 'eur',
  created: at + i,
  status: 'available',
  available_on: at,
  reporting_category: it.type,
  exchange_rate: null,
  description: null,
}));
