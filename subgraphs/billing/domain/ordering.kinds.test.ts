import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { fold, permutations, sent, type SentEvent } from '../tests/fold.ts';
import type { ObjectKind } from './kinds.ts';
import { rankOf } from './ordering.ts';

const at = 1_795_000_000;

interface History {
  readonly kind: ObjectKind;
  readonly events: readonly SentEvent[];
  /** Whether Stripe may have to be asked: nothing in the events says which came last. */
  readonly asks?: true;
}

// The last event is the truth. All share one second unless they say otherwise.
const histories: Record<string, History> = {
  'setup intent created, refused, succeeded': {
    kind: 'setup_intent',
    events: [
      sent('setup_intent.created', at, { status: 'requires_confirmation' }),
      sent('setup_intent.setup_failed', at, { status: 'requires_payment_method' }),
      sent('setup_intent.succeeded', at, { status: 'succeeded' }),
    ],
  },
  'setup intent created, canceled': {
    kind: 'setup_intent',
    events: [
      sent('setup_intent.created', at, { status: 'requires_payment_method' }),
      sent('setup_intent.canceled', at, { status: 'canceled' }),
    ],
  },
  'refund created, succeeded, failed after all': {
    kind: 'refund',
    events: [
      sent('refund.created', at, { status: 'pending' }),
      sent('refund.updated', at, { status: 'succeeded' }, { status: 'pending' }),
      sent('charge.refund.updated', at, { status: 'succeeded' }, { status: 'pending' }),
      sent('refund.failed', at, { status: 'failed', failure_reason: 'lost_or_stolen_card' }),
    ],
  },
  'dispute created, funds withdrawn, answered, won': {
    kind: 'dispute',
    events: [
      sent('charge.dispute.created', at, dispute('needs_response', 0, 0)),
      sent('charge.dispute.funds_withdrawn', at, dispute('needs_response', 0, 1)),
      sent('charge.dispute.updated', at, dispute('under_review', 1, 1)),
      sent('charge.dispute.closed', at, dispute('won', 1, 1)),
      sent('charge.dispute.funds_reinstated', at, dispute('won', 1, 2)),
    ],
  },
  'inquiry that becomes a dispute and is lost': {
    kind: 'dispute',
    events: [
      sent('charge.dispute.created', at, dispute('warning_needs_response', 0, 0)),
      sent('charge.dispute.updated', at, dispute('needs_response', 0, 0)),
      sent('charge.dispute.closed', at, dispute('lost', 0, 1)),
    ],
  },
  'credit note created, renamed, voided': {
    kind: 'credit_note',
    events: [
      sent('credit_note.created', at, { status: 'issued', memo: null }),
      sent('credit_note.updated', at, { status: 'issued', memo: 'x' }, { memo: null }),
      sent('credit_note.voided', at, { status: 'void', memo: 'x' }),
    ],
  },
  'payout created, on its way, paid, reconciled': {
    kind: 'payout',
    events: [
      sent('payout.created', at, { status: 'pending', reconciliation_status: 'in_progress' }),
      sent('payout.updated', at, { status: 'in_transit', reconciliation_status: 'in_progress' }, { status: 'pending' }),
      sent('payout.paid', at, { status: 'paid', reconciliation_status: 'in_progress' }),
      sent('payout.reconciliation_completed', at, { status: 'paid', reconciliation_status: 'completed' }),
    ],
  },
  'payout paid, sent back by the bank': {
    kind: 'payout',
    events: [
      sent('payout.paid', at, { status: 'paid' }),
      sent('payout.failed', at, { status: 'failed', failure_code: 'account_closed' }),
    ],
  },
  'transfer created, renamed, reversed in part, reversed': {
    kind: 'transfer',
    events: [
      sent('transfer.created', at, { amount_reversed: 0, description: null }),
      sent('transfer.updated', at, { amount_reversed: 0, description: 'x' }, { description: null }),
      sent('transfer.reversed', at, { amount_reversed: 5, description: 'x' }),
      sent('transfer.reversed', at, { amount_reversed: 9, description: 'x', reversed: true }),
    ],
  },
  'coupon created, used, switched off, deleted': {
    kind: 'coupon',
    events: [
      sent('coupon.created', at, { times_redeemed: 0, valid: true }),
      sent('coupon.updated', at, { times_redeemed: 1, valid: true }, { times_redeemed: 0 }),
      sent('coupon.updated', at, { times_redeemed: 1, valid: false }, { valid: true }),
      sent('coupon.deleted', at, { times_redeemed: 1, valid: false }),
    ],
  },
  'promotion code created, switched off, used': {
    kind: 'promotion_code',
    events: [
      sent('promotion_code.created', at, { active: true, times_redeemed: 0 }),
      sent('promotion_code.updated', at, { active: false, times_redeemed: 0 }, { active: true }),
      sent('promotion_code.updated', at, { active: false, times_redeemed: 1 }, { times_redeemed: 0 }),
    ],
  },
  'plan created, renamed, deleted': {
    kind: 'plan',
    events: [
      sent('plan.created', at, { nickname: 'a' }),
      sent('plan.updated', at, { nickname: 'b' }, { nickname: 'a' }),
      sent('plan.deleted', at, { nickname: 'b' }),
    ],
  },
  'quote made, sent, accepted': {
    kind: 'quote',
    events: [
      sent('quote.created', at, { status: 'draft' }),
      sent('quote.finalized', at, { status: 'open' }),
      sent('quote.accepted', at, { status: 'accepted' }),
    ],
  },
  'schedule made, begun, released': {
    kind: 'subscription_schedule',
    events: [
      sent('subscription_schedule.created', at, { status: 'not_started' }),
      sent('subscription_schedule.updated', at, { status: 'active' }, { status: 'not_started' }),
      sent('subscription_schedule.released', at, { status: 'released' }),
    ],
  },
  'top-up made, arrived, taken back': {
    kind: 'topup',
    events: [
      sent('topup.created', at, { status: 'pending' }),
      sent('topup.succeeded', at, { status: 'succeeded' }),
      sent('topup.reversed', at, { status: 'reversed' }),
    ],
  },
  'review opened, closed': {
    kind: 'review',
    events: [sent('review.opened', at, { open: true }), sent('review.closed', at, { open: false, reason: 'approved' })],
  },
  'tax id created, verified, deleted': {
    kind: 'tax_id',
    events: [
      sent('customer.tax_id.created', at, { verification: { status: 'pending' } }),
      sent(
        'customer.tax_id.updated',
        at,
        { verification: { status: 'verified' } },
        { verification: { status: 'pending' } },
      ),
      sent('customer.tax_id.deleted', at, { verification: { status: 'verified' } }),
    ],
  },
  'invoice item created, deleted': {
    kind: 'invoiceitem',
    events: [sent('invoiceitem.created', at, { amount: 5 }), sent('invoiceitem.deleted', at, { amount: 5 })],
  },
  'fraud warning created, no longer actionable': {
    kind: 'radar.early_fraud_warning',
    events: [
      sent('radar.early_fraud_warning.created', at, { actionable: true }),
      sent('radar.early_fraud_warning.updated', at, { actionable: false }, { actionable: true }),
    ],
  },
  'tax rate created, archived': {
    kind: 'tax_rate',
    events: [
      sent('tax_rate.created', at, { active: true }),
      sent('tax_rate.updated', at, { active: false }, { active: true }),
    ],
  },
  'application fee kept, given back': {
    kind: 'application_fee',
    events: [
      sent('application_fee.created', at, { amount_refunded: 0 }),
      sent('application_fee.refunded', at, { amount_refunded: 3 }),
    ],
  },
  'a kind nobody models: made, changed, gone': {
    kind: 'some_future_resource',
    events: [
      sent('some_future_resource.created', at, { color: 'red' }),
      sent('some_future_resource.updated', at, { color: 'blue' }, { color: 'red' }),
      sent('some_future_resource.deleted', at, { color: 'blue' }),
    ],
  },
  'a kind nobody models, two changes that nothing links': {
    kind: 'mandate',
    events: [sent('mandate.updated', at, { status: 'active' }), sent('mandate.updated', at, { status: 'inactive' })],
    asks: true,
  },
};

function dispute(status: string, submissions: number, movements: number): JsonObject {
  return {
    status,
    evidence_details: { submission_count: submissions },
    balance_transactions: Array.from({ length: movements }, (_, i) => ({ id: `txn_${String(i)}` })),
  };
}

it.each(Object.entries(histories))(
  '%s: every order of arrival in one second ends in the last state',
  (_name, { kind, events, asks }) => {
    const last = events.at(-1);
    const deleted = last !== undefined && rankOf(last.type) === 2;
    const truth = deleted ? null : (last?.object ?? null);
    for (const arrivals of permutations(events)) {
      const order = arrivals.map(({ type }) => type);
      const row = fold(kind, arrivals, truth);
      expect({ order, content: row.state?.content, deleted: row.state?.deleted }).toEqual({
        order,
        content: last?.object,
        deleted,
      });
      if (asks === undefined) expect({ order, rereads: row.rereads }).toEqual({ order, rereads: 0 });
    }
  },
);

describe('what looks final is not the end', () => {
  it.each<[ObjectKind, JsonObject, JsonObject]>([
    ['payout', { status: 'paid' }, { status: 'failed' }],
    ['refund', { status: 'succeeded' }, { status: 'failed' }],
    ['dispute', dispute('lost', 1, 1), dispute('appeal_under_review', 2, 1)],
    ['quote', { status: 'accepted', description: null }, { status: 'accepted', description: 'x' }],
  ])('%s changes once more, a day later', (kind, before, after) => {
    const first = sent(`${kind}.updated`, at, before);
    const later = sent(`${kind}.updated`, at + 86_400, after);
    for (const arrivals of permutations([first, later]))
      expect(fold(kind, arrivals, null).state?.content).toEqual(later.object);
  });
});

describe('a coupon that was deleted', () => {
  const made = sent('coupon.created', at, { id: 'SUMMER25', percent_off: 10 });
  const gone = sent('coupon.deleted', at + 100, { id: 'SUMMER25', percent_off: 10 });
  const late = sent('coupon.updated', at + 90, { id: 'SUMMER25', percent_off: 10, times_redeemed: 1 });

  it('stays deleted when an older event comes late', () => {
    for (const arrivals of permutations([made, gone, late]))
      expect(fold('coupon', arrivals, null).state?.deleted).toBe(true);
  });

  it('lives again when the merchant uses its id again', () => {
    const again = sent('coupon.created', at + 200, { id: 'SUMMER25', percent_off: 50, created: at + 200 });
    for (const arrivals of permutations([made, gone, late, again])) {
      const { state } = fold('coupon', arrivals, again.object);
      expect([state?.deleted, state?.content['percent_off']]).toEqual([false, 50]);
    }
  });
});

it.each([
  ['customer.subscription.deleted', 1],
  ['customer.discount.deleted', 2],
  ['customer.source.deleted', 2],
  ['account.external_account.deleted', 2],
  ['plan.deleted', 2],
  ['review.opened', 0],
  ['charge.dispute.created', 0],
  ['payout.paid', 1],
])('%s has rank %i', (type, rank) => {
  expect(rankOf(type)).toBe(rank);
});
