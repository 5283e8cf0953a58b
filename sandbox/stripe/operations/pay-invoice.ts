import { z } from 'zod';
import { attemptPayment, type Attempt } from '../billing/attempt-payment.ts';
import { settleInvoice } from '../billing/settle-invoice.ts';
import { finalizeInvoice } from '../billing/finalize-invoice.ts';
import { invalid, refused, StripeError } from '../http/errors.ts';
import { flag, text } from '../http/parameters.ts';
import type { Invoice } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { cardError } from './attach-payment-method.ts';

export const payShape = z.strictObject({
  payment_method: text.optional(),
  paid_out_of_band: flag.optional(),
  off_session: flag.optional(),
  forgive: flag.optional(),
});

/** Tries to collect now, with the given card or the one that would be charged anyway. A refusal answers 402, and what happened stays. */
export async function payInvoice(work: UnitOfWork, input: z.output<typeof payShape>, id: string): Promise<object> {
  const found = await work.get('invoice', id);
  const at = await work.nowOfCustomer(found.customer);
  if (input.payment_method !== undefined) await checkMethod(work, input.payment_method, found);
  const invoice = found.status === 'draft' ? await finalizeInvoice(work, found, at) : found;
  if (found.status !== 'draft') refuseUnlessOpen(invoice);
  if (invoice.status === 'paid') return invoice;
  if (input.paid_out_of_band) return settleInvoice(work, invoice, { at, outOfBand: true });
  const attempt = await attemptPayment(work, invoice, at, input.payment_method);
  if (attempt.outcome === 'paid') return attempt.invoice;
  throw refusalOf(attempt);
}

export async function checkMethod(work: UnitOfWork, methodId: string, invoice: Invoice): Promise<void> {
  const method = await work.find('payment_method', methodId);
  if (!method)
    throw invalid(`No such PaymentMethod: '${methodId}'`, { code: 'resource_missing', param: 'payment_method' });
  if (method.customer !== invoice.customer) {
    throw invalid(
      `The customer does not have a payment method with the ID ${methodId}. The payment method must be attached to the customer.`,
      { code: 'resource_missing', param: 'payment_method' },
    );
  }
}

function refuseUnlessOpen(invoice: Invoice): void {
  if (invoice.status === 'paid') throw refused('Invoice is already paid', { code: 'invoice_already_paid' });
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible')
    throw refused(`Invoice can't be paid because it is ${invoice.status ?? 'unknown'}`, {
      code: 'invoice_not_payable',
    });
}

function refusalOf(attempt: Exclude<Attempt, { outcome: 'paid' }>): StripeError {
  if (attempt.outcome === 'declined')
    return cardError(
      attempt.decline,
      attempt.method,
      { charge: attempt.charge.id, payment_intent: attempt.intent },
      true,
    );
  return new StripeError(
    400,
    {
      type: 'invalid_request_error',
      code: 'resource_missing',
      payment_intent: attempt.intent,
      message:
        'There is no `default_payment_method` set on this Customer or Invoice. Please set a `default_payment_method`.',
    },
    { keep: true },
  );
}
