import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import {
  loadCharge,
  loadCustomer,
  loadDisputes,
  loadMovements,
  loadPaymentIntent,
  loadPaymentMethod,
  loadRefunds,
} from '../loaders.ts';
import { charges, paymentIntents, paymentMethods } from '../repositories/mirrored.ts';
import { addEntity, type BillingTypes } from './builder.ts';
import { addQueries } from './lists.ts';
import type { MirroredRef } from './mirrored.ts';
import { addWords } from './words.ts';

export function addCharge(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  const Status = addWords(builder, 'ChargeStatus', 'How an attempt to take money went.', {
    PENDING: 'Not decided yet.',
    SUCCEEDED: 'The money was taken. It may have been refunded since.',
    FAILED: 'It was declined or blocked.',
  });
  types.Charge.implement({
    description: 'One attempt to take money.',
    interfaces: [Mirrored],
    fields: (t) => ({
      status: t.field({ type: Status.type, description: 'How it went.', resolve: ({ status }) => Status.of(status) }),
      amount: t.field({
        type: 'Money',
        description: 'What was to be taken.',
        resolve: ({ amountMinor, currency }) => ({ amountMinor, currency }),
      }),
      amountRefunded: t.field({
        type: 'Money',
        description: 'What was given back.',
        resolve: ({ amountRefundedMinor: amountMinor, currency }) => ({ amountMinor, currency }),
      }),
      disputed: t.exposeBoolean('disputed', { nullable: true, description: 'Whether the customer has disputed it.' }),
      customer: t.field({
        type: types.Customer,
        nullable: true,
        description: 'Who was charged.',
        resolve: ({ customerId }, _args, ctx) => loadCustomer(ctx, customerId),
      }),
      paymentIntent: t.field({
        type: types.PaymentIntent,
        nullable: true,
        description: 'The intention it belongs to.',
        resolve: ({ paymentIntentId }, _args, ctx) => loadPaymentIntent(ctx, paymentIntentId),
      }),
      paymentMethod: t.field({
        type: types.PaymentMethod,
        nullable: true,
        description: 'What was charged.',
        resolve: ({ paymentMethodId }, _args, ctx) => loadPaymentMethod(ctx, paymentMethodId),
      }),
      failureCode: t.exposeString('failureCode', {
        nullable: true,
        description: 'Stripe’s error code: `card_declined`.',
      }),
      failureMessage: t.exposeString('failureMessage', {
        nullable: true,
        description: 'Stripe’s words for it, in English.',
      }),
      declineCode: t.exposeString('declineCode', {
        nullable: true,
        description: 'Why the issuer declined, in Stripe’s words: `insufficient_funds`.',
      }),
      adviceCode: t.exposeString('adviceCode', {
        nullable: true,
        description: 'What to do about it: `try_again_later`, `do_not_try_again`, `confirm_card_data`.',
      }),
      networkDeclineCode: t.exposeString('networkDeclineCode', {
        nullable: true,
        description: 'The card network’s own code, such as `51`.',
      }),
      balanceTransaction: t.field({
        type: types.BalanceTransaction,
        nullable: true,
        description:
          'How it moved the balance: what Stripe kept of it, and in which payout it was paid out. Null for one that failed, and until it was read, mostly within a minute.',
        resolve: async ({ stripeId, account }, _args, ctx) =>
          (await loadMovements(ctx, stripeId)).find((moved) => moved.account === account) ?? null,
      }),
      refunds: t.field({
        type: [types.Refund],
        description: 'What was given back of it, oldest first.',
        resolve: async ({ id }, _args, ctx) => [...(await loadRefunds(ctx, id))],
      }),
      disputes: t.field({
        type: [types.Dispute],
        description: 'Where the customer contests it; mostly there is at most one.',
        resolve: async ({ id }, _args, ctx) => [...(await loadDisputes(ctx, id))],
      }),
    }),
  });
  addEntity(builder, types.Charge, loadCharge);
  addQueries(builder, {
    one: 'charge',
    many: 'charges',
    called: { one: 'charge', many: 'charges' },
    type: types.Charge,
    reads: charges,
    load: loadCharge,
    filters: (arg) => ({
      status: arg({ type: Status.type, description: 'That went this way.' }),
      customerId: arg.id({ description: 'Of this customer.' }),
      paymentIntentId: arg.id({ description: 'Of this payment intent.' }),
    }),
  });
}

export function addPaymentIntent(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  const Status = addWords(builder, 'PaymentIntentStatus', 'Where the intention to take money stands.', {
    REQUIRES_PAYMENT_METHOD: 'Waits for a payment method; also after a decline.',
    REQUIRES_CONFIRMATION: 'Waits to be confirmed.',
    REQUIRES_ACTION: 'Waits for the customer, mostly to authenticate.',
    PROCESSING: 'Under way; some ways to pay take days.',
    REQUIRES_CAPTURE: 'The money is reserved and not taken yet.',
    SUCCEEDED: 'The money was taken.',
    CANCELED: 'Given up.',
  });
  types.PaymentIntent.implement({
    description: 'The intention to take an amount, over all attempts.',
    interfaces: [Mirrored],
    fields: (t) => ({
      status: t.field({
        type: Status.type,
        description: 'Where it stands.',
        resolve: ({ status }) => Status.of(status),
      }),
      amount: t.field({
        type: 'Money',
        description: 'What is to be taken.',
        resolve: ({ amountMinor, currency }) => ({ amountMinor, currency }),
      }),
      amountReceived: t.field({
        type: 'Money',
        description: 'What was taken.',
        resolve: ({ amountReceivedMinor: amountMinor, currency }) => ({ amountMinor, currency }),
      }),
      customer: t.field({
        type: types.Customer,
        nullable: true,
        description: 'Who is charged.',
        resolve: ({ customerId }, _args, ctx) => loadCustomer(ctx, customerId),
      }),
      paymentMethod: t.field({
        type: types.PaymentMethod,
        nullable: true,
        description: 'What is charged. Null after a decline.',
        resolve: ({ paymentMethodId }, _args, ctx) => loadPaymentMethod(ctx, paymentMethodId),
      }),
      latestCharge: t.field({
        type: types.Charge,
        nullable: true,
        description: 'The latest attempt.',
        resolve: ({ latestChargeId }, _args, ctx) => loadCharge(ctx, latestChargeId),
      }),
      lastDeclineCode: t.exposeString('lastDeclineCode', {
        nullable: true,
        description: 'Why the latest attempt was declined, in Stripe’s words. Null once one went through.',
      }),
    }),
  });
  addEntity(builder, types.PaymentIntent, loadPaymentIntent);
  addQueries(builder, {
    one: 'paymentIntent',
    many: 'paymentIntents',
    called: { one: 'payment intent', many: 'payment intents' },
    type: types.PaymentIntent,
    reads: paymentIntents,
    load: loadPaymentIntent,
    filters: (arg) => ({
      status: arg({ type: Status.type, description: 'In this state.' }),
      customerId: arg.id({ description: 'Of this customer.' }),
    }),
  });
}

export function addPaymentMethod(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  types.PaymentMethod.implement({
    description: 'A card or another way to pay. Numbers of cards never come here.',
    interfaces: [Mirrored],
    fields: (t) => ({
      type: t.exposeString('type', { description: 'Stripe’s word for it, in capitals: `CARD`, `SEPA_DEBIT`.' }),
      customer: t.field({
        type: types.Customer,
        nullable: true,
        description: 'Whose it is. Null once it was taken off.',
        resolve: ({ customerId }, _args, ctx) => loadCustomer(ctx, customerId),
      }),
      brand: t.exposeString('brand', { nullable: true, description: 'The card’s network or the bank: `visa`.' }),
      last4: t.exposeString('last4', { nullable: true, description: 'The last four digits.' }),
      expMonth: t.exposeInt('expMonth', {
        nullable: true,
        description: 'Month in which a card expires, 1 to 12; it is good to the end of it.',
      }),
      expYear: t.exposeInt('expYear', {
        nullable: true,
        description: 'Year in which a card expires, with four digits.',
      }),
      country: t.exposeString('country', { nullable: true, description: 'Where it was issued: ISO 3166-1 alpha-2.' }),
    }),
  });
  addEntity(builder, types.PaymentMethod, loadPaymentMethod);
  addQueries(builder, {
    one: 'paymentMethod',
    many: 'paymentMethods',
    called: { one: 'payment method', many: 'payment methods' },
    type: types.PaymentMethod,
    reads: paymentMethods,
    load: loadPaymentMethod,
    filters: (arg) => ({ customerId: arg.id({ description: 'Of this customer.' }) }),
  });
}
