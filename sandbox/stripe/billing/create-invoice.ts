import { buildInvoice } from '../objects/invoice.ts';
import type { Invoice, Subscription } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

export interface CreateInvoice {
  readonly subscription: Subscription;
  readonly reason: 'subscription_create' | 'subscription_cycle';
  readonly periodStart: number;
  readonly periodEnd: number;
  readonly at: number;
  readonly finalizesAt: number | null;
}

/** A draft of what the subscription owes; not announced, because its place among the events differs. */
export async function createInvoice(work: UnitOfWork, given: CreateInvoice): Promise<Invoice> {
  const customer = await work.customerOf(given.subscription.customer);
  const { rows } = await work.client.query<{ name: string }>('SELECT name FROM accounts WHERE id = $1', [
    work.scope.account,
  ]);
  const invoice = buildInvoice({ ...given, created: given.at, customer, accountName: rows[0]?.name ?? '' });
  return work.insert('invoice', invoice, { retries: 0 });
}
