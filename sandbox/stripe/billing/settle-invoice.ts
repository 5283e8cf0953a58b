import type { Invoice } from '../store/kinds.ts';
import { previousAttributes } from '../store/previous-attributes.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { paymentOf, subscriptionOf } from './invoices-of.ts';
import { refreshDelinquency } from './refresh-delinquency.ts';

export interface Settlement {
  readonly at: number;
  readonly outOfBand: boolean;
  readonly attempted?: boolean;
}

/** open -> paid, and what follows: the subscription is active again, the customer no longer delinquent. */
export async function settleInvoice(
  work: UnitOfWork,
  open: Invoice,
  { at, outOfBand, attempted }: Settlement,
): Promise<Invoice> {
  const invoice = await work.put('invoice', {
    ...open,
    status: 'paid',
    amount_paid: outOfBand ? 0 : open.amount_due,
    amount_remaining: 0,
    next_payment_attempt: null,
    auto_advance: false,
    ...(outOfBand ? { amount_paid_off_stripe: open.amount_due } : {}),
    attempted: true,
    attempt_count: open.attempt_count + (attempted ? 1 : 0),
    status_transitions: { ...open.status_transitions, paid_at: at },
  });
  await work.announce('invoice.updated', invoice, at, previousAttributes(open, invoice));
  await work.announce('invoice.paid', invoice, at);
  await work.announce('invoice.payment_succeeded', invoice, at);
  await settlePayment(work, invoice, at, outOfBand);
  await reviveSubscription(work, invoice, at);
  await refreshDelinquency(work, invoice.customer, at);
  return invoice;
}

async function settlePayment(work: UnitOfWork, invoice: Invoice, at: number, outOfBand: boolean): Promise<void> {
  const payment = await paymentOf(work, invoice.id);
  if (!payment) return;
  if (outOfBand) {
    await work.put('invoice_payment', {
      ...payment,
      status: 'canceled',
      status_transitions: { canceled_at: at, paid_at: null },
    });
    const intent = await work.find('payment_intent', payment.payment.payment_intent ?? '');
    if (!intent || intent.status === 'succeeded') return;
    const canceled = await work.put('payment_intent', {
      ...intent,
      status: 'canceled',
      canceled_at: at,
      cancellation_reason: 'void_invoice',
    });
    await work.announce('payment_intent.canceled', canceled, at);
    return;
  }
  const paid = await work.put('invoice_payment', {
    ...payment,
    amount_paid: invoice.amount_paid,
    status: 'paid',
    status_transitions: { canceled_at: null, paid_at: at },
  });
  await work.announce('invoice_payment.paid', paid, at);
}

async function reviveSubscription(work: UnitOfWork, invoice: Invoice, at: number): Promise<void> {
  const subscription = await subscriptionOf(work, invoice);
  if (!subscription || !['incomplete', 'past_due', 'unpaid'].includes(subscription.status)) return;
  if (subscription.status === 'incomplete' && invoice.billing_reason !== 'subscription_create') return;
  if (subscription.latest_invoice !== invoice.id) return; // an older debt paid: the newest invoice decides
  await work.change('subscription', subscription, { status: 'active' }, 'customer.subscription.updated', at);
}
