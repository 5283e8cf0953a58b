/** One try to collect an open invoice. A refusal by the card is an outcome here, not an error: what happened is announced either way. */
import { feeOn, moveBalance } from '../balance/move-balance.ts';
import { declineOnCharge } from '../cards/test-cards.ts';
import type { Decline } from '../cards/declines.ts';
import { buildInvoicePayment } from '../objects/invoice.ts';
import { buildCharge, buildPaymentIntent } from '../objects/payment.ts';
import type { Charge, Invoice, PaymentIntent, PaymentMethod } from '../store/kinds.ts';
import { previousAttributes } from '../store/previous-attributes.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { intentOf, subscriptionOf } from './invoices-of.ts';
import { markPastDue } from './mark-past-due.ts';
import { settleInvoice } from './settle-invoice.ts';

export const DEFAULT_ATTACHED_DECLINE = 'insufficient_funds';

export type Attempt =
  | { readonly outcome: 'paid'; readonly invoice: Invoice }
  | {
      readonly outcome: 'declined';
      readonly invoice: Invoice;
      readonly intent: PaymentIntent;
      readonly charge: Charge;
      readonly decline: Decline;
      readonly method: PaymentMethod;
    }
  | { readonly outcome: 'no_method'; readonly invoice: Invoice; readonly intent: PaymentIntent };

export async function attemptPayment(
  work: UnitOfWork,
  invoice: Invoice,
  at: number,
  methodId?: string,
): Promise<Attempt> {
  const intent = (await intentOf(work, invoice.id)) ?? (await openIntent(work, invoice, at));
  const method = await methodFor(work, invoice, methodId);
  if (!method) return { outcome: 'no_method', intent, invoice: await failInvoice(work, invoice, at) };
  const decline = await judge(work, method);
  const charge = await addCharge(work, buildCharge({ created: at, intent, method, decline }), at);
  await work.announce(decline ? 'charge.failed' : 'charge.succeeded', charge, at);
  if (!decline) {
    await succeedIntent(work, intent, charge, at);
    return { outcome: 'paid', invoice: await settleInvoice(work, invoice, { at, outOfBand: false, attempted: true }) };
  }
  const failed = await failIntent(work, { intent, charge, decline, method }, at);
  return {
    outcome: 'declined',
    intent: failed,
    charge,
    decline,
    method,
    invoice: await failInvoice(work, invoice, at),
  };
}

/** What was taken moves the balance. */
async function addCharge(work: UnitOfWork, charge: Charge, at: number): Promise<Charge> {
  if (charge.status !== 'succeeded') return work.insert('charge', charge, {});
  const { amount, currency, description } = charge;
  const fee = feeOn(amount, await work.settings());
  const moved = await moveBalance(work, { type: 'charge', amount, fee, currency, description, source: charge.id }, at);
  return work.insert('charge', { ...charge, balance_transaction: moved.id }, {});
}

/** The order in which Stripe looks for something to charge. */
async function methodFor(
  work: UnitOfWork,
  invoice: Invoice,
  methodId: string | undefined,
): Promise<PaymentMethod | null> {
  const subscription = await subscriptionOf(work, invoice);
  const customer = invoice.customer ? await work.find('customer', invoice.customer) : null;
  const candidates = [
    methodId,
    invoice.default_payment_method,
    subscription?.default_payment_method,
    customer?.invoice_settings.default_payment_method,
  ];
  for (const id of candidates) {
    const method = id ? await work.find('payment_method', id) : null;
    if (method?.customer && method.customer === invoice.customer) return method;
  }
  return null;
}

async function judge(work: UnitOfWork, method: PaymentMethod): Promise<Decline | null> {
  const state = await work.hidden('payment_method', method.id);
  const { attached_card_declines: declines } = await work.settings();
  return state ? declineOnCharge(state, declines ?? DEFAULT_ATTACHED_DECLINE) : null;
}

async function openIntent(work: UnitOfWork, invoice: Invoice, at: number): Promise<PaymentIntent> {
  const intent = await work.insert('payment_intent', buildPaymentIntent(invoice, at), {});
  await work.insert('invoice_payment', buildInvoicePayment(invoice, intent.id, at), {});
  await work.announce('payment_intent.created', intent, at);
  return intent;
}

async function succeedIntent(work: UnitOfWork, intent: PaymentIntent, charge: Charge, at: number): Promise<void> {
  const succeeded = await work.put('payment_intent', {
    ...intent,
    amount_received: intent.amount,
    last_payment_error: null,
    latest_charge: charge.id,
    payment_method: charge.payment_method,
    status: 'succeeded',
  });
  await work.announce('payment_intent.succeeded', succeeded, at);
}

interface Refusal {
  readonly intent: PaymentIntent;
  readonly charge: Charge;
  readonly decline: Decline;
  readonly method: PaymentMethod;
}

async function failIntent(
  work: UnitOfWork,
  { intent, charge, decline, method }: Refusal,
  at: number,
): Promise<PaymentIntent> {
  const failed = await work.put('payment_intent', {
    ...intent,
    latest_charge: charge.id,
    payment_method: null,
    status: 'requires_payment_method',
    last_payment_error: {
      ...(decline.advice ? { advice_code: decline.advice } : {}),
      charge: charge.id,
      code: decline.code,
      decline_code: decline.declineCode,
      doc_url: `https://stripe.com/docs/error-codes/${decline.code.replaceAll('_', '-')}`,
      message: decline.message,
      ...(decline.networkCode ? { network_decline_code: decline.networkCode } : {}),
      payment_method: method,
      type: 'card_error',
    },
  });
  await work.announce('payment_intent.payment_failed', failed, at);
  return failed;
}

const DAY_S = 86_400;

async function failInvoice(work: UnitOfWork, open: Invoice, at: number): Promise<Invoice> {
  const { retries = [] } = await work.settings();
  const hidden = (await work.hidden('invoice', open.id)) ?? { retries: 0 };
  const wait = open.billing_reason === 'subscription_create' ? undefined : retries[hidden.retries];
  await work.putHidden('invoice', open.id, { retries: hidden.retries + 1 });
  const invoice = await work.put('invoice', {
    ...open,
    attempted: true,
    attempt_count: open.attempt_count + 1,
    next_payment_attempt: wait === undefined ? null : at + wait * DAY_S,
  });
  await work.announce('invoice.payment_failed', invoice, at);
  await work.announce('invoice.updated', invoice, at, previousAttributes(open, invoice));
  await markPastDue(work, invoice, at);
  return invoice;
}
