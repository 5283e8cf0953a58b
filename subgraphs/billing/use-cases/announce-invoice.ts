import type { NewEvent } from '#subgraphs/shared/events/define.ts';
import { moneyToJson } from '#subgraphs/shared/money/money-json.ts';
import type { MoneyJson } from '#subgraphs/shared/money/money-json.ts';
import type { Columns } from '../domain/columns.ts';
import { type InvoiceState, type InvoiceTransition, invoiceTransitions } from '../domain/invoice-transitions.ts';
import { invoiceMarkedUncollectible, invoicePaid, invoicePaymentFailed, invoiceVoided } from '../events.ts';
import type { MirrorRow } from '../repositories/mirror.ts';
import type { Step } from './fold-sightings.ts';

/** What one step of the mirror has to tell about an invoice; nothing for other kinds and for steps that changed nothing. */
export function announcementsOf({ kind, before, after, origin, at, traceParent }: Step): readonly NewEvent[] {
  if (kind !== 'invoice' || after === null || after === before) return [];
  return invoiceTransitions(before && stateOf(before), stateOf(after), origin).map((transition) => ({
    ...announcement(transition, after, at),
    traceParent,
  }));
}

function stateOf(row: MirrorRow): InvoiceState {
  const { status, failedAttemptCount } = row.columns as Columns<'invoice'>;
  return { status: status ?? '', failedAttemptCount: failedAttemptCount ?? 0, deleted: row.deleted };
}

function announcement(transition: InvoiceTransition, row: MirrorRow, at: Date): NewEvent {
  const invoice = row.columns as Columns<'invoice'>;
  const subjectId = row.id;
  const customerId = invoice.customerId ?? null;
  switch (transition) {
    case 'PAYMENT_FAILED':
      return invoicePaymentFailed({
        subjectId,
        payload: {
          invoiceId: row.id,
          stripeId: row.stripeId,
          customerId,
          subscriptionId: invoice.subscriptionId ?? null,
          attemptCount: invoice.failedAttemptCount ?? 0,
          amountRemaining: amount(invoice.amountRemainingMinor, invoice),
          failedAt: at.toISOString(),
        },
      });
    case 'PAID':
      return invoicePaid({
        subjectId,
        payload: {
          invoiceId: row.id,
          customerId,
          amountPaid: amount(invoice.amountPaidMinor, invoice),
          paidAt: (invoice.paidAt ?? at).toISOString(),
          attemptCount: invoice.attemptCount ?? 0,
        },
      });
    case 'VOIDED':
      return invoiceVoided({
        subjectId,
        payload: { invoiceId: row.id, voidedAt: (invoice.voidedAt ?? at).toISOString() },
      });
    case 'MARKED_UNCOLLECTIBLE':
      return invoiceMarkedUncollectible({ subjectId, payload: { invoiceId: row.id } });
  }
}

function amount(minor: bigint | null | undefined, invoice: Columns<'invoice'>): MoneyJson {
  return moneyToJson({ amountMinor: minor ?? 0n, currency: invoice.currency ?? '' });
}
