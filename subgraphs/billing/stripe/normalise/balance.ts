import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { Columns } from '../../domain/columns.ts';
import { decimal, flag, instant, link, minor, type Owner, part, reference, text, word } from './fields.ts';

export function normalisePayout(payout: JsonObject, owner: Owner): Columns<'payout'> {
  const currency = word(payout, 'currency');
  return {
    status: word(payout, 'status'),
    amountMinor: minor(payout, 'amount', currency),
    currency,
    arrivalAt: instant(payout, 'arrival_date'),
    automatic: flag(payout, 'automatic'),
    type: word(payout, 'type'),
    method: word(payout, 'method'),
    destinationStripeId: reference(payout, 'destination'),
    balanceTransactionId: link('balance_transaction', payout, 'balance_transaction', owner),
    failureBalanceTransactionId: link('balance_transaction', payout, 'failure_balance_transaction', owner),
    failureCode: text(payout, 'failure_code'),
    failureMessage: text(payout, 'failure_message'),
    reconciliationStatus: word(payout, 'reconciliation_status'),
    originalPayoutId: link('payout', payout, 'original_payout', owner),
    reversedById: link('payout', payout, 'reversed_by', owner),
    statementDescriptor: text(payout, 'statement_descriptor'),
    traceId: payout['trace_id'] === null ? null : text(part(payout, 'trace_id'), 'value'),
    listableAs: listableAs(payout),
  };
}

/** A payout is over, or was sent back. */
const SETTLED: ReadonlySet<unknown> = new Set(['paid', 'failed', 'canceled']);

/**
 * In which state Stripe can be asked what was paid out in it; in a later one it is asked again, since the answer may have grown. It never can
 * for a payout by hand: what that pays out, Stripe does not know either.
 */
function listableAs(payout: JsonObject): string | null | undefined {
  const { automatic, status, reconciliation_status: reconciliation } = payout;
  if (automatic === undefined || status === undefined) return undefined;
  if (automatic !== true || !(SETTLED.has(status) || reconciliation === 'completed')) return null;
  return `${word(payout, 'status') ?? ''}/${word(payout, 'reconciliation_status') ?? ''}`;
}

export function normaliseTransfer(transfer: JsonObject, owner: Owner): Columns<'transfer'> {
  const currency = word(transfer, 'currency');
  return {
    amountMinor: minor(transfer, 'amount', currency),
    amountReversedMinor: minor(transfer, 'amount_reversed', currency),
    currency,
    destinationAccount: reference(transfer, 'destination'),
    reversed: flag(transfer, 'reversed'),
    balanceTransactionId: link('balance_transaction', transfer, 'balance_transaction', owner),
    sourceChargeId: link('charge', transfer, 'source_transaction', owner),
    destinationPaymentStripeId: reference(transfer, 'destination_payment'),
    transferGroup: text(transfer, 'transfer_group'),
  };
}

/** Which payout it was paid out in is not said by the object: one asks Stripe for the transactions of a payout. */
export function normaliseBalanceTransaction(moved: JsonObject): Columns<'balance_transaction'> {
  const currency = word(moved, 'currency');
  return {
    type: word(moved, 'type'),
    reportingCategory: word(moved, 'reporting_category'),
    status: word(moved, 'status'),
    amountMinor: minor(moved, 'amount', currency),
    feeMinor: minor(moved, 'fee', currency),
    netMinor: minor(moved, 'net', currency),
    currency,
    exchangeRate: decimal(moved, 'exchange_rate'),
    sourceStripeId: reference(moved, 'source'),
    availableAt: instant(moved, 'available_on'),
    description: text(moved, 'description'),
  };
}

export function normaliseTopup(topup: JsonObject, owner: Owner): Columns<'topup'> {
  const currency = word(topup, 'currency');
  return {
    status: word(topup, 'status'),
    amountMinor: minor(topup, 'amount', currency),
    currency,
    balanceTransactionId: link('balance_transaction', topup, 'balance_transaction', owner),
    expectedAvailableAt: instant(topup, 'expected_availability_date'),
    failureCode: text(topup, 'failure_code'),
    failureMessage: text(topup, 'failure_message'),
    transferGroup: text(topup, 'transfer_group'),
  };
}

/** Its charge belongs to the other account, so it is named as Stripe names it. */
export function normaliseApplicationFee(fee: JsonObject, owner: Owner): Columns<'application_fee'> {
  const currency = word(fee, 'currency');
  return {
    amountMinor: minor(fee, 'amount', currency),
    amountRefundedMinor: minor(fee, 'amount_refunded', currency),
    currency,
    refunded: flag(fee, 'refunded'),
    feeAccount: reference(fee, 'account'),
    chargeStripeId: reference(fee, 'charge'),
    balanceTransactionId: link('balance_transaction', fee, 'balance_transaction', owner),
  };
}
