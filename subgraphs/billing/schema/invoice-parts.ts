import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import {
  loadCharge,
  loadInvoice,
  loadInvoicePayment,
  loadPaymentIntent,
  loadPrice,
  loadSubscription,
} from '../loaders.ts';
import { invoicePayments } from '../repositories/mirrored.ts';
import { addEntity, type BillingTypes } from './builder.ts';
import { addQueries } from './lists.ts';
import type { MirroredRef } from './mirrored.ts';
import { moneyIfSaid } from './money.ts';
import { addWords } from './words.ts';

export function addInvoiceLine(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  types.InvoiceLine.implement({
    description: 'One line of an invoice.',
    interfaces: [Mirrored],
    fields: (t) => ({
      amount: t.field({
        type: 'Money',
        nullable: true,
        description: 'What it bills, before discounts on the whole invoice and taxes that are added.',
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
        description: 'Sum of its taxes, included ones too.',
        resolve: ({ taxMinor, currency }) => moneyIfSaid(taxMinor, currency),
      }),
      quantity: t.expose('quantity', {
        type: 'BigInt',
        nullable: true,
        description: 'Units. Null where there are none to count.',
      }),
      price: t.field({
        type: types.Price,
        nullable: true,
        description: 'What is charged for. Null for an amount without a price.',
        resolve: ({ priceId }, _args, ctx) => loadPrice(ctx, priceId),
      }),
      subscription: t.field({
        type: types.Subscription,
        nullable: true,
        description: 'The subscription it bills. Null for a single item.',
        resolve: ({ subscriptionId }, _args, ctx) => loadSubscription(ctx, subscriptionId),
      }),
      proration: t.exposeBoolean('proration', {
        nullable: true,
        description: 'Whether it settles a change within a period.',
      }),
      periodStart: t.expose('periodStart', {
        type: 'DateTime',
        nullable: true,
        description: 'From when on it bills; included.',
      }),
      periodEnd: t.expose('periodEnd', {
        type: 'DateTime',
        nullable: true,
        description: 'Until when it bills; not included.',
      }),
      description: t.exposeString('description', { nullable: true, description: 'As printed on it.' }),
    }),
  });
}

export function addInvoicePayment(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  const Status = addWords(builder, 'InvoicePaymentStatus', 'Where a payment of an invoice stands.', {
    OPEN: 'Not paid yet.',
    PAID: 'Paid.',
    CANCELED: 'Given up.',
  });
  types.InvoicePayment.implement({
    description:
      'That a payment is meant for an invoice. Stripe tells of it since its API version 2025-03-31; what an invoice was collected by is known for earlier ones too, see `Invoice.paymentIntents`.',
    interfaces: [Mirrored],
    fields: (t) => ({
      status: t.field({
        type: Status.type,
        nullable: true,
        description: 'Where it stands.',
        resolve: ({ status }) => Status.ifSaid(status),
      }),
      invoice: t.field({
        type: types.Invoice,
        nullable: true,
        description: 'What is paid.',
        resolve: ({ invoiceId }, _args, ctx) => loadInvoice(ctx, invoiceId),
      }),
      paymentIntent: t.field({
        type: types.PaymentIntent,
        nullable: true,
        description: 'What it is paid by. Null: by a single charge, or outside of Stripe.',
        resolve: ({ paymentIntentId }, _args, ctx) => loadPaymentIntent(ctx, paymentIntentId),
      }),
      charge: t.field({
        type: types.Charge,
        nullable: true,
        description: 'The charge it is paid by, where there is no payment intent.',
        resolve: ({ chargeId }, _args, ctx) => loadCharge(ctx, chargeId),
      }),
      amountPaid: t.field({
        type: 'Money',
        nullable: true,
        description: 'What was paid. Null until it was.',
        resolve: ({ amountPaidMinor, currency }) => moneyIfSaid(amountPaidMinor, currency),
      }),
      amountRequested: t.field({
        type: 'Money',
        nullable: true,
        description: 'What is to be paid.',
        resolve: ({ amountRequestedMinor, currency }) => moneyIfSaid(amountRequestedMinor, currency),
      }),
      isDefault: t.exposeBoolean('isDefault', {
        nullable: true,
        description: 'Whether Stripe collects the invoice by it unless told otherwise.',
      }),
      paidAt: t.expose('paidAt', { type: 'DateTime', nullable: true, description: 'When it was paid.' }),
      canceledAt: t.expose('canceledAt', { type: 'DateTime', nullable: true, description: 'When it was given up.' }),
    }),
  });
  addEntity(builder, types.InvoicePayment, loadInvoicePayment);
  addQueries(builder, {
    one: 'invoicePayment',
    many: 'invoicePayments',
    called: { one: 'invoice payment', many: 'invoice payments' },
    type: types.InvoicePayment,
    reads: invoicePayments,
    load: loadInvoicePayment,
    filters: (arg) => ({
      status: arg({ type: Status.type, description: 'In this state.' }),
      invoiceId: arg.id({ description: 'Of this invoice.' }),
      paymentIntentId: arg.id({ description: 'By this payment intent.' }),
    }),
  });
}
