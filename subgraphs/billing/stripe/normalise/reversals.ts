import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { Columns } from '../../domain/columns.ts';
import { flag, instant, link, minor, type Owner, part, text, word } from './fields.ts';

export function normaliseRefund(refund: JsonObject, owner: Owner): Columns<'refund'> {
  const currency = word(refund, 'currency');
  return {
    status: word(refund, 'status'),
    amountMinor: minor(refund, 'amount', currency),
    currency,
    chargeId: link('charge', refund, 'charge', owner),
    paymentIntentId: link('payment_intent', refund, 'payment_intent', owner),
    reason: word(refund, 'reason'),
    failureReason: text(refund, 'failure_reason'),
    balanceTransactionId: link('balance_transaction', refund, 'balance_transaction', owner),
    failureBalanceTransactionId: link('balance_transaction', refund, 'failure_balance_transaction', owner),
  };
}

export function normaliseDispute(dispute: JsonObject, owner: Owner): Columns<'dispute'> {
  const currency = word(dispute, 'currency');
  const evidence = part(dispute, 'evidence_details');
  const card = part(part(dispute, 'payment_method_details'), 'card');
  return {
    status: word(dispute, 'status'),
    amountMinor: minor(dispute, 'amount', currency),
    currency,
    chargeId: link('charge', dispute, 'charge', owner),
    paymentIntentId: link('payment_intent', dispute, 'payment_intent', owner),
    reason: word(dispute, 'reason'),
    // Since 2023 with the card; before, a field of the dispute, which some ways to pay still have.
    networkReasonCode: text(card, 'network_reason_code') ?? text(dispute, 'network_reason_code'),
    evidenceDueAt: instant(evidence, 'due_by'),
    hasEvidence: flag(evidence, 'has_evidence'),
    isChargeRefundable: flag(dispute, 'is_charge_refundable'),
  };
}

export function normaliseEarlyFraudWarning(warning: JsonObject, owner: Owner): Columns<'radar.early_fraud_warning'> {
  return {
    chargeId: link('charge', warning, 'charge', owner),
    paymentIntentId: link('payment_intent', warning, 'payment_intent', owner),
    fraudType: word(warning, 'fraud_type'),
    actionable: flag(warning, 'actionable'),
  };
}

export function normaliseReview(review: JsonObject, owner: Owner): Columns<'review'> {
  return {
    chargeId: link('charge', review, 'charge', owner),
    paymentIntentId: link('payment_intent', review, 'payment_intent', owner),
    open: flag(review, 'open'),
    reason: word(review, 'reason'),
    openedReason: word(review, 'opened_reason'),
    closedReason: word(review, 'closed_reason'),
  };
}
