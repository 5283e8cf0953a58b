import type { Invoice } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { subscriptionOf } from './invoices-of.ts';
import { refreshDelinquency } from './refresh-delinquency.ts';

/** After a renewal failed. A first payment that failed leaves the subscription incomplete and nobody delinquent. */
export async function markPastDue(work: UnitOfWork, invoice: Invoice, at: number): Promise<void> {
  if (invoice.billing_reason === 'subscription_create') return;
  const subscription = await subscriptionOf(work, invoice);
  if (subscription && (subscription.status === 'active' || subscription.status === 'trialing')) {
    await work.change('subscription', subscription, { status: 'past_due' }, 'customer.subscription.updated', at);
  }
  await refreshDelinquency(work, invoice.customer, at);
}
