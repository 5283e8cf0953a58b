/** What an announcement about an invoice depends on. */
export interface InvoiceState {
  readonly status: string;
  /** The highest attempt a webhook said had failed; 0 for none. */
  readonly failedAttemptCount: number;
  readonly deleted: boolean;
}

/** How the mirror came to know the new state. */
export type Origin = 'WEBHOOK' | 'BACKFILL' | 'REFETCH';

export type InvoiceTransition = 'PAYMENT_FAILED' | 'PAID' | 'VOIDED' | 'MARKED_UNCOLLECTIBLE';

const SETTLEMENTS: Readonly<Record<string, InvoiceTransition>> = {
  PAID: 'PAID',
  VOID: 'VOIDED',
  UNCOLLECTIBLE: 'MARKED_UNCOLLECTIBLE',
};

/**
 * What has happened to an invoice between two states of its row. Events are not asked, only states, so a duplicate or an event that comes out
 * of order announces nothing. What the backfill meets for the first time is history, and announces nothing either: nobody is to be dunned for
 * an invoice of last year because a connection was made today. (A webhook is never history: Stripe sends none from before the endpoint.)
 */
export function invoiceTransitions(
  before: InvoiceState | null,
  after: InvoiceState,
  origin: Origin,
): readonly InvoiceTransition[] {
  if (after.deleted || (before === null && origin === 'BACKFILL')) return [];
  const transitions: InvoiceTransition[] = [];
  if (after.status === 'OPEN' && after.failedAttemptCount > (before?.failedAttemptCount ?? 0))
    transitions.push('PAYMENT_FAILED');
  const settlement = SETTLEMENTS[after.status];
  if (settlement !== undefined && before?.status !== after.status) transitions.push(settlement);
  return transitions;
}
