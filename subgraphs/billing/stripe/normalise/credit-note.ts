import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { Columns } from '../../domain/columns.ts';
import { instant, isCut, link, minor, type Owner, sumMinor, text, word } from './fields.ts';

export function normaliseCreditNote(note: JsonObject, owner: Owner): Columns<'credit_note'> {
  const currency = word(note, 'currency');
  const amount = (field: string): bigint | null | undefined => minor(note, field, currency);
  return {
    number: text(note, 'number'),
    status: word(note, 'status'),
    currency,
    amountMinor: amount('amount'),
    subtotalMinor: amount('subtotal'),
    totalMinor: amount('total'),
    // `total_taxes` since 2025-03-31.
    taxMinor: sumMinor(note, 'total_taxes', currency) ?? sumMinor(note, 'tax_amounts', currency),
    prePaymentAmountMinor: amount('pre_payment_amount'),
    postPaymentAmountMinor: amount('post_payment_amount'),
    invoiceId: link('invoice', note, 'invoice', owner),
    customerId: link('customer', note, 'customer', owner) ?? link('customer', note, 'customer_account', owner),
    reason: word(note, 'reason'),
    type: word(note, 'type'),
    effectiveAt: instant(note, 'effective_at'),
    voidedAt: instant(note, 'voided_at'),
    linesPartial: isCut(note, 'lines'),
  };
}
