import type { UnitOfWork } from '../store/unit-of-work.ts';

/** A customer is delinquent while an invoice stands open after a failed charge. */
export async function refreshDelinquency(work: UnitOfWork, customerId: string | null, at: number): Promise<void> {
  const customer = customerId ? await work.find('customer', customerId) : null;
  if (!customer) return;
  const invoices = await work.ofCustomer('invoice', customer.id);
  const delinquent = invoices.some(
    (invoice) => invoice.status === 'open' && invoice.attempted && invoice.billing_reason !== 'subscription_create',
  );
  await work.change('customer', customer, { delinquent }, 'customer.updated', at);
}
