/** How an invoice, its subscription and its payment find each other. */
import type { Invoice, InvoicePayment, PaymentIntent, Subscription } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

export async function subscriptionOf(work: UnitOfWork, invoice: Invoice): Promise<Subscription | null> {
  const id = invoice.parent?.subscription_details?.subscription;
  return id ? work.find('subscription', id) : null;
}

export async function paymentOf(work: UnitOfWork, invoiceId: string): Promise<InvoicePayment | null> {
  const [payment] = await work.all('invoice_payment', [{ path: ['invoice'], equals: invoiceId }]);
  return payment ?? null;
}

export async function intentOf(work: UnitOfWork, invoiceId: string): Promise<PaymentIntent | null> {
  const id = (await paymentOf(work, invoiceId))?.payment.payment_intent;
  return id ? work.find('payment_intent', id) : null;
}
