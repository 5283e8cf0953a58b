import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { loadBalanceTransaction, loadCharge, loadDispute, loadPaymentIntent, loadRefund } from '../loaders.ts';
import { disputes, refunds } from '../repositories/mirrored.ts';
import { addEntity, type BillingTypes } from './builder.ts';
import { addQueries } from './lists.ts';
import type { MirroredRef } from './mirrored.ts';
import { moneyIfSaid } from './money.ts';
import { addWords } from './words.ts';

export function addRefund(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  const Status = addWords(builder, 'RefundStatus', 'Where a refund stands.', {
    PENDING: 'On its way.',
    REQUIRES_ACTION: 'Waits for the customer to say where to.',
    SUCCEEDED: 'Given back. The customer’s bank may still send it back.',
    FAILED: 'It could not be given back; the money is in the balance again.',
    CANCELED: 'Given up.',
  });
  types.Refund.implement({
    description: 'Money given back for a charge.',
    interfaces: [Mirrored],
    fields: (t) => ({
      status: t.field({
        type: Status.type,
        nullable: true,
        description: 'Where it stands.',
        resolve: ({ status }) => Status.ifSaid(status),
      }),
      amount: t.field({
        type: 'Money',
        nullable: true,
        description: 'What is given back.',
        resolve: ({ amountMinor, currency }) => moneyIfSaid(amountMinor, currency),
      }),
      charge: t.field({
        type: types.Charge,
        nullable: true,
        description: 'What was charged.',
        resolve: ({ chargeId }, _args, ctx) => loadCharge(ctx, chargeId),
      }),
      paymentIntent: t.field({
        type: types.PaymentIntent,
        nullable: true,
        description: 'The intention the charge belongs to.',
        resolve: ({ paymentIntentId }, _args, ctx) => loadPaymentIntent(ctx, paymentIntentId),
      }),
      reason: t.exposeString('reason', {
        nullable: true,
        description: 'Why, in Stripe’s words and in capitals: `REQUESTED_BY_CUSTOMER`.',
      }),
      failureReason: t.exposeString('failureReason', {
        nullable: true,
        description: 'Why it failed, in Stripe’s words: `expired_or_canceled_card`.',
      }),
      balanceTransaction: t.field({
        type: types.BalanceTransaction,
        nullable: true,
        description: 'How it moved the balance at Stripe.',
        resolve: ({ balanceTransactionId }, _args, ctx) => loadBalanceTransaction(ctx, balanceTransactionId),
      }),
    }),
  });
  addEntity(builder, types.Refund, loadRefund);
  addQueries(builder, {
    one: 'refund',
    many: 'refunds',
    called: { one: 'refund', many: 'refunds' },
    type: types.Refund,
    reads: refunds,
    load: loadRefund,
    filters: (arg) => ({
      status: arg({ type: Status.type, description: 'In this state.' }),
      chargeId: arg.id({ description: 'Of this charge.' }),
      paymentIntentId: arg.id({ description: 'Of this payment intent.' }),
    }),
  });
}

export function addDispute(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  const Status = addWords(builder, 'DisputeStatus', 'Where a dispute stands.', {
    WARNING_NEEDS_RESPONSE: 'An inquiry that waits for an answer; no money was taken.',
    WARNING_UNDER_REVIEW: 'An inquiry that was answered.',
    WARNING_CLOSED: 'An inquiry that came to nothing.',
    NEEDS_RESPONSE: 'Waits for an answer.',
    UNDER_REVIEW: 'Answered; the bank decides.',
    WON: 'Decided for the merchant.',
    LOST: 'Decided for the customer.',
    PREVENTED: 'Settled before it became a dispute.',
    APPEAL_NEEDS_RESPONSE: 'Lost, and an appeal waits for an answer.',
    APPEAL_UNDER_REVIEW: 'Lost, and an appeal is being decided.',
  });
  types.Dispute.implement({
    description: 'A charge that the customer contests with their bank.',
    interfaces: [Mirrored],
    fields: (t) => ({
      status: t.field({
        type: Status.type,
        nullable: true,
        description: 'Where it stands.',
        resolve: ({ status }) => Status.ifSaid(status),
      }),
      amount: t.field({
        type: 'Money',
        nullable: true,
        description: 'What is contested.',
        resolve: ({ amountMinor, currency }) => moneyIfSaid(amountMinor, currency),
      }),
      charge: t.field({
        type: types.Charge,
        nullable: true,
        description: 'What was charged.',
        resolve: ({ chargeId }, _args, ctx) => loadCharge(ctx, chargeId),
      }),
      paymentIntent: t.field({
        type: types.PaymentIntent,
        nullable: true,
        description: 'The intention the charge belongs to.',
        resolve: ({ paymentIntentId }, _args, ctx) => loadPaymentIntent(ctx, paymentIntentId),
      }),
      reason: t.exposeString('reason', {
        nullable: true,
        description: 'What the customer says, in Stripe’s words and in capitals: `FRAUDULENT`.',
      }),
      networkReasonCode: t.exposeString('networkReasonCode', {
        nullable: true,
        description: 'The card network’s own code for it, such as `4837`.',
      }),
      evidenceDueAt: t.expose('evidenceDueAt', {
        type: 'DateTime',
        nullable: true,
        description: 'Until when it can be answered. Null: it can’t be, or no longer.',
      }),
      hasEvidence: t.exposeBoolean('hasEvidence', { nullable: true, description: 'Whether an answer is prepared.' }),
      isChargeRefundable: t.exposeBoolean('isChargeRefundable', {
        nullable: true,
        description: 'Whether the charge can still be refunded, which ends the matter.',
      }),
    }),
  });
  addEntity(builder, types.Dispute, loadDispute);
  addQueries(builder, {
    one: 'dispute',
    many: 'disputes',
    called: { one: 'dispute', many: 'disputes' },
    type: types.Dispute,
    reads: disputes,
    load: loadDispute,
    filters: (arg) => ({
      status: arg({ type: Status.type, description: 'In this state.' }),
      chargeId: arg.id({ description: 'Of this charge.' }),
    }),
  });
}
