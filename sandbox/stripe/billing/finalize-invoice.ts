import { letters } from '../store/ids.ts';
import type { Invoice } from '../store/kinds.ts';
import { previousAttributes } from '../store/previous-attributes.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { settleInvoice } from './settle-invoice.ts';

/** draft -> open, with its number; an invoice over nothing is paid at once. Announces `invoice.finalized`, then `invoice.updated` for a renewal. */
export async function finalizeInvoice(work: UnitOfWork, draft: Invoice, at: number): Promise<Invoice> {
  const customer = await work.customerOf(draft.customer ?? '');
  const sequence = customer.next_invoice_sequence ?? 1;
  await work.put('customer', {
    ...customer,
    next_invoice_sequence: sequence + 1,
    currency: customer.currency ?? draft.currency,
  });
  const secret = letters(40);
  const invoice = await work.put('invoice', {
    ...draft,
    status: 'open',
    number: `${customer.invoice_prefix ?? 'SANDBOX'}-${String(sequence).padStart(4, '0')}`,
    effective_at: at,
    status_transitions: { ...draft.status_transitions, finalized_at: at },
    automatically_finalizes_at: null,
    next_payment_attempt: null,
    hosted_invoice_url: `${work.publicUrl}/i/${work.scope.account}/${secret}`,
    invoice_pdf: `${work.publicUrl}/i/${work.scope.account}/${secret}/pdf`,
  });
  await work.announce('invoice.finalized', invoice, at);
  if (draft.billing_reason === 'subscription_cycle')
    await work.announce('invoice.updated', invoice, at, previousAttributes(draft, invoice));
  return invoice.amount_due > 0 ? invoice : settleInvoice(work, invoice, { at, outOfBand: false });
}
