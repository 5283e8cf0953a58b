import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import {
  loadCreditNotes,
  loadCustomer,
  loadInvoice,
  loadInvoiceLines,
  loadInvoicePayments,
  loadPaymentIntent,
  loadPaymentIntentIds,
  loadSubscription,
} from '../loaders.ts';
import { invoices } from '../repositories/mirrored.ts';
import { addEntity, type BillingTypes } from './builder.ts';
import { addQueries } from './lists.ts';
import type { MirroredRef } from './mirrored.ts';
import { moneyIfSaid } from './money.ts';
import { addWords } from './words.ts';

export function addInvoice(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  const Status = addWords(builder, 'InvoiceStatus', 'Where an invoice stands.', {
    DRAFT: 'Can still change; nobody owes it yet.',
    OPEN: 'Issued and owed.',
    PAID: 'Collected.',
    VOID: 'Issued by mistake; nobody owes it.',
    UNCOLLECTIBLE: 'Owed and written off.',
  });
  types.Invoice.implement({
    description: 'A bill to a customer.',
    interfaces: [Mirrored],
    fields: (t) => ({
      number: t.exposeString('number', { nullable: true, description: 'As printed on it. Null for a draft.' }),
      status: t.field({
        type: Status.type,
        description: 'Where it stands.',
        resolve: ({ status }) => Status.of(status),
      }),
      customer: t.field({
        type: types.Customer,
        nullable: true,
        description: 'Who is billed. Null until Stripe has told us about them.',
        resolve: ({ customerId }, _args, ctx) => loadCustomer(ctx, customerId),
      }),
      subscription: t.field({
        type: types.Subscription,
        nullable: true,
        description: 'The subscription it bills. Null for a single bill.',
        resolve: ({ subscriptionId }, _args, ctx) => loadSubscription(ctx, subscriptionId),
      }),
      amountDue: t.field({
        type: 'Money',
        description: 'What was to be collected when it was issued.',
        resolve: ({ amountDueMinor: amountMinor, currency }) => ({ amountMinor, currency }),
      }),
      amountPaid: t.field({
        type: 'Money',
        description: 'What was collected.',
        resolve: ({ amountPaidMinor: amountMinor, currency }) => ({ amountMinor, currency }),
      }),
      amountRemaining: t.field({
        type: 'Money',
        description: 'What is still to be collected.',
        resolve: ({ amountRemainingMinor: amountMinor, currency }) => ({ amountMinor, currency }),
      }),
      subtotal: t.field({
        type: 'Money',
        description: 'Sum of its lines before discounts on the whole invoice and taxes that are added.',
        resolve: ({ subtotalMinor: amountMinor, currency }) => ({ amountMinor, currency }),
      }),
      total: t.field({
        type: 'Money',
        description: 'Sum after discounts and taxes.',
        resolve: ({ totalMinor: amountMinor, currency }) => ({ amountMinor, currency }),
      }),
      attemptCount: t.exposeInt('attemptCount', {
        description:
          'Attempts to collect it, as Stripe’s own schedule counts: an attempt that somebody else makes after the first does not count.',
      }),
      nextPaymentAttemptAt: t.expose('nextPaymentAttemptAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When Stripe tries next by itself. Null: it does not.',
      }),
      dueAt: t.expose('dueAt', {
        type: 'DateTime',
        nullable: true,
        description: 'Until when it is to be paid. Null: it is collected automatically.',
      }),
      finalizedAt: t.expose('finalizedAt', { type: 'DateTime', nullable: true, description: 'When it was issued.' }),
      paidAt: t.expose('paidAt', { type: 'DateTime', nullable: true, description: 'When it was collected.' }),
      voidedAt: t.expose('voidedAt', { type: 'DateTime', nullable: true, description: 'When it was voided.' }),
      markedUncollectibleAt: t.expose('markedUncollectibleAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was written off.',
      }),
      periodStart: t.expose('periodStart', {
        type: 'DateTime',
        nullable: true,
        description: 'From when on items were added to it. Not what is billed for: that is each line’s own period.',
      }),
      periodEnd: t.expose('periodEnd', {
        type: 'DateTime',
        nullable: true,
        description: 'Until when items were added to it.',
      }),
      hostedInvoiceUrl: t.exposeString('hostedInvoiceUrl', {
        nullable: true,
        description: 'Stripe’s page on which the customer can see and pay it. Null for a draft.',
      }),
      paymentIntents: t.field({
        type: [types.PaymentIntent],
        description: 'What it was, or was to be, collected by. Known once one of them failed or succeeded.',
        resolve: async ({ id }, _args, ctx) => {
          const ids = await loadPaymentIntentIds(ctx, id);
          return (await Promise.all(ids.map((intentId) => loadPaymentIntent(ctx, intentId)))).filter(
            (intent) => intent !== null,
          );
        },
      }),
      tax: t.field({
        type: 'Money',
        nullable: true,
        description: 'Sum of its taxes, included ones too.',
        resolve: ({ taxMinor, currency }) => moneyIfSaid(taxMinor, currency),
      }),
      lines: t.field({
        type: [types.InvoiceLine],
        description: 'Its lines, in their order; see `linesPartial`.',
        resolve: async ({ id }, _args, ctx) => [...(await loadInvoiceLines(ctx, id))],
      }),
      linesPartial: t.exposeBoolean('linesPartial', {
        nullable: true,
        description: 'Whether Stripe has more lines than have been read so far.',
      }),
      payments: t.field({
        type: [types.InvoicePayment],
        description: 'The payments meant for it, oldest first, as far as Stripe has objects for them.',
        resolve: async ({ id }, _args, ctx) => [...(await loadInvoicePayments(ctx, id))],
      }),
      creditNotes: t.field({
        type: [types.CreditNote],
        description: 'What reduced it after it was issued, oldest first.',
        resolve: async ({ id }, _args, ctx) => [...(await loadCreditNotes(ctx, id))],
      }),
    }),
  });
  addEntity(builder, types.Invoice, loadInvoice);
  addQueries(builder, {
    one: 'invoice',
    many: 'invoices',
    called: { one: 'invoice', many: 'invoices' },
    type: types.Invoice,
    reads: invoices,
    load: loadInvoice,
    filters: (arg) => ({
      status: arg({ type: Status.type, description: 'In this state.' }),
      customerId: arg.id({ description: 'Of this customer.' }),
      subscriptionId: arg.id({ description: 'Of this subscription.' }),
    }),
  });
}
