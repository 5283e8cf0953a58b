import type { Invoice } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { intentOf, paymentOf, subscriptionOf } from './invoices-of.ts';
import { refreshDelinquency } from './refresh-delinquency.ts';

/** open -> void: nothing more is collected, and the payment that waited is canceled. */
export async function voidInvoice(work: UnitOfWork, open: Invoice, at: number): Promise<Invoice> {
  const invoice = await work.put('invoice', {
    ...open,
    status: 'void',
    auto_advance: false,
    next_payment_attempt: null,
    status_transitions: { ...open.status_transitions, voided_at: at },
  });
  await work.announce('invoice.voided', invoice, at);
  await cancelPayment(work, invoice.id, at);
  const subscription = await subscriptionOf(work, invoice);
  if (subscription?.latest_invoice === invoice.id && subscription.status === 'past_due') {
    await work.change('subscription', subscription, { status: 'active' }, 'customer.subscription.updated', at);
  }
  if (subscription?.latest_invoice === invoice.id && subscription.status === 'incomplete') {
    await work.change(
      'subscription',
      subscription,
      { status: 'incomplete_expired', ended_at: at },
      'customer.subscription.updated',
      at,
    );
  }
  await refreshDelinquency(work, invoice.customer, at);
  return invoice;
}

async function cancelPayment(work: UnitOfWork, invoiceId: string, at: number): Promise<void> {
  const payment = await paymentOf(work, invoiceId);
  if (payment)
    await work.put('invoice_payment', {
      ...payment,
      status: 'canceled',
      status_transitions: { canceled_at: at, paid_at: null },
    });
  const intent = await intentOf(work, invoiceId);
  if (!intent || intent.status === 'succeeded') return;
  const canceled = await work.put('payment_intent', {
    ...intent,
    status: 'canceled',
    canceled_at: at,
    cancellation_reason: 'void_invoice',
  });
  await work.announce('payment_intent.canceled', canceled, at);
}
