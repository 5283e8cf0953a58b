import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { Columns } from '../../domain/columns.ts';
import { flag, idOf, instant, link, minor, type Owner, part, rows, text, whole, word } from './fields.ts';

export function normaliseCharge(charge: JsonObject, owner: Owner): Columns<'charge'> {
  const currency = word(charge, 'currency');
  const outcome = part(charge, 'outcome');
  const failed = charge['status'] === 'failed';
  return {
    status: word(charge, 'status'),
    amountMinor: minor(charge, 'amount', currency),
    amountCapturedMinor: minor(charge, 'amount_captured', currency),
    amountRefundedMinor: minor(charge, 'amount_refunded', currency),
    currency,
    captured: flag(charge, 'captured'),
    disputed: flag(charge, 'disputed'),
    customerId: link('customer', charge, 'customer', owner),
    paymentIntentId: link('payment_intent', charge, 'payment_intent', owner),
    paymentMethodId: link('payment_method', charge, 'payment_method', owner),
    failureCode: text(charge, 'failure_code'),
    failureMessage: text(charge, 'failure_message'),
    // The outcome's reason of a charge that went well is about its risk.
    declineCode: failed ? text(outcome, 'reason') : null,
    adviceCode: text(outcome, 'advice_code'),
    networkDeclineCode: text(outcome, 'network_decline_code'),
    networkStatus: text(outcome, 'network_status'),
  };
}

export function normalisePaymentIntent(intent: JsonObject, owner: Owner): Columns<'payment_intent'> {
  const currency = word(intent, 'currency');
  const error = part(intent, 'last_payment_error');
  const none = intent['last_payment_error'] === null ? null : undefined;
  return {
    status: word(intent, 'status'),
    amountMinor: minor(intent, 'amount', currency),
    amountReceivedMinor: minor(intent, 'amount_received', currency),
    currency,
    customerId: link('customer', intent, 'customer', owner),
    paymentMethodId: link('payment_method', intent, 'payment_method', owner),
    latestChargeId: latestChargeOf(intent, owner),
    lastErrorCode: text(error, 'code') ?? none,
    lastDeclineCode: text(error, 'decline_code') ?? (none === null || 'code' in error ? null : undefined),
    canceledAt: instant(intent, 'canceled_at'),
  };
}

/** Since 2022-11-15 an id of its own; before, the first of a list. */
function latestChargeOf(intent: JsonObject, owner: Owner): string | null | undefined {
  if (intent['latest_charge'] !== undefined) return link('charge', intent, 'latest_charge', owner);
  const first = rows(intent, 'charges')[0]?.['id'];
  return typeof first === 'string' ? idOf('charge', first, owner) : undefined;
}

export function normalisePaymentMethod(method: JsonObject, owner: Owner): Columns<'payment_method'> {
  const type = text(method, 'type');
  const details = typeof type === 'string' ? part(method, type) : {};
  return {
    type: word(method, 'type'),
    customerId: link('customer', method, 'customer', owner),
    brand: text(details, 'brand') ?? text(details, 'bank_name'),
    last4: text(details, 'last4'),
    expMonth: whole(details, 'exp_month'),
    expYear: whole(details, 'exp_year'),
    funding: word(details, 'funding'),
    country: text(details, 'country'),
    fingerprint: text(details, 'fingerprint'),
  };
}

export function normaliseSetupIntent(intent: JsonObject, owner: Owner): Columns<'setup_intent'> {
  const error = part(intent, 'last_setup_error');
  const none = intent['last_setup_error'] === null ? null : undefined;
  return {
    status: word(intent, 'status'),
    customerId: link('customer', intent, 'customer', owner),
    paymentMethodId: link('payment_method', intent, 'payment_method', owner),
    usage: word(intent, 'usage'),
    lastErrorCode: text(error, 'code') ?? none,
    lastDeclineCode: text(error, 'decline_code') ?? (none === null || 'code' in error ? null : undefined),
    cancellationReason: word(intent, 'cancellation_reason'),
  };
}

/** Of the ways to pay, one is named; those that are not are absent, which here means that there are none. */
export function normaliseInvoicePayment(payment: JsonObject, owner: Owner): Columns<'invoice_payment'> {
  const currency = word(payment, 'currency');
  const by = part(payment, 'payment');
  const unnamed = payment['payment'] === undefined ? undefined : null;
  const moves = part(payment, 'status_transitions');
  return {
    invoiceId: link('invoice', payment, 'invoice', owner),
    paymentIntentId: link('payment_intent', by, 'payment_intent', owner) ?? unnamed,
    chargeId: link('charge', by, 'charge', owner) ?? unnamed,
    status: word(payment, 'status'),
    amountPaidMinor: minor(payment, 'amount_paid', currency),
    amountRequestedMinor: minor(payment, 'amount_requested', currency),
    currency,
    isDefault: flag(payment, 'is_default'),
    paidAt: instant(moves, 'paid_at'),
    canceledAt: instant(moves, 'canceled_at'),
  };
}
