import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { loadCreditNote, loadCreditNoteLines, loadCustomer, loadInvoice } from '../loaders.ts';
import { creditNotes } from '../repositories/mirrored.ts';
import { addEntity, type BillingTypes } from './builder.ts';
import { addQueries } from './lists.ts';
import type { MirroredRef } from './mirrored.ts';
import { moneyIfSaid } from './money.ts';
import { addWords } from './words.ts';

export function addCreditNoteLine(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  types.CreditNoteLine.implement({
    description: 'One line of a credit note.',
    interfaces: [Mirrored],
    fields: (t) => ({
      amount: t.field({
        type: 'Money',
        nullable: true,
        description: 'What it takes off the invoice, before taxes that are added.',
        resolve: ({ amountMinor, currency }) => moneyIfSaid(amountMinor, currency),
      }),
      discount: t.field({
        type: 'Money',
        nullable: true,
        description: 'Sum of its discounts.',
        resolve: ({ discountMinor, currency }) => moneyIfSaid(discountMinor, currency),
      }),
      tax: t.field({
        type: 'Money',
        nullable: true,
        description: 'Sum of its taxes.',
        resolve: ({ taxMinor, currency }) => moneyIfSaid(taxMinor, currency),
      }),
      quantity: t.expose('quantity', { type: 'BigInt', nullable: true, description: 'Units.' }),
      description: t.exposeString('description', { nullable: true, description: 'As printed on it.' }),
    }),
  });
}

export function addCreditNote(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  const Status = addWords(builder, 'CreditNoteStatus', 'Where a credit note stands.', {
    ISSUED: 'It counts.',
    VOID: 'Issued by mistake; it does not count.',
  });
  const Type = addWords(builder, 'CreditNoteType', 'Whether the invoice was paid when the credit note was issued.', {
    PRE_PAYMENT: 'It was not: less is owed.',
    POST_PAYMENT: 'It was: something is given back.',
    MIXED: 'In part.',
  });
  types.CreditNote.implement({
    description: 'What reduces an issued invoice.',
    interfaces: [Mirrored],
    fields: (t) => ({
      number: t.exposeString('number', { nullable: true, description: 'As printed on it.' }),
      status: t.field({
        type: Status.type,
        nullable: true,
        description: 'Where it stands.',
        resolve: ({ status }) => Status.ifSaid(status),
      }),
      invoice: t.field({
        type: types.Invoice,
        nullable: true,
        description: 'The invoice it reduces.',
        resolve: ({ invoiceId }, _args, ctx) => loadInvoice(ctx, invoiceId),
      }),
      customer: t.field({
        type: types.Customer,
        nullable: true,
        description: 'Who is credited.',
        resolve: ({ customerId }, _args, ctx) => loadCustomer(ctx, customerId),
      }),
      amount: t.field({
        type: 'Money',
        nullable: true,
        description: 'What it takes off, with taxes.',
        resolve: ({ amountMinor, currency }) => moneyIfSaid(amountMinor, currency),
      }),
      subtotal: t.field({
        type: 'Money',
        nullable: true,
        description: 'Sum of its lines before discounts on the whole and taxes that are added.',
        resolve: ({ subtotalMinor, currency }) => moneyIfSaid(subtotalMinor, currency),
      }),
      total: t.field({
        type: 'Money',
        nullable: true,
        description: 'Sum after discounts and taxes.',
        resolve: ({ totalMinor, currency }) => moneyIfSaid(totalMinor, currency),
      }),
      tax: t.field({
        type: 'Money',
        nullable: true,
        description: 'Sum of its taxes, included ones too.',
        resolve: ({ taxMinor, currency }) => moneyIfSaid(taxMinor, currency),
      }),
      reason: t.exposeString('reason', {
        nullable: true,
        description: 'Why, in Stripe’s words and in capitals: `DUPLICATE`.',
      }),
      type: t.field({
        type: Type.type,
        nullable: true,
        description: 'Whether the invoice was paid when it was issued.',
        resolve: ({ type }) => Type.ifSaid(type),
      }),
      effectiveAt: t.expose('effectiveAt', { type: 'DateTime', nullable: true, description: 'As of when it counts.' }),
      voidedAt: t.expose('voidedAt', { type: 'DateTime', nullable: true, description: 'When it was voided.' }),
      lines: t.field({
        type: [types.CreditNoteLine],
        description: 'Its lines, in their order; see `linesPartial`.',
        resolve: async ({ id }, _args, ctx) => [...(await loadCreditNoteLines(ctx, id))],
      }),
      linesPartial: t.exposeBoolean('linesPartial', {
        nullable: true,
        description: 'Whether Stripe has more lines than have been read so far.',
      }),
    }),
  });
  addEntity(builder, types.CreditNote, loadCreditNote);
  addQueries(builder, {
    one: 'creditNote',
    many: 'creditNotes',
    called: { one: 'credit note', many: 'credit notes' },
    type: types.CreditNote,
    reads: creditNotes,
    load: loadCreditNote,
    filters: (arg) => ({
      status: arg({ type: Status.type, description: 'In this state.' }),
      invoiceId: arg.id({ description: 'Of this invoice.' }),
      customerId: arg.id({ description: 'Of this customer.' }),
    }),
  });
}
