import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { loadCustomer, loadInvoice, loadItems, loadPaymentMethod, loadPrice, loadSubscription } from '../loaders.ts';
import { subscriptions } from '../repositories/mirrored.ts';
import { addEntity, type BillingTypes } from './builder.ts';
import { addQueries } from './lists.ts';
import type { MirroredRef } from './mirrored.ts';
import { addWords } from './words.ts';

export function addSubscription(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  const Status = addWords(builder, 'SubscriptionStatus', 'Where a subscription stands.', {
    INCOMPLETE: 'The first payment has not gone through yet.',
    INCOMPLETE_EXPIRED: 'The first payment never went through; it never began.',
    TRIALING: 'In its trial.',
    ACTIVE: 'Paid up.',
    PAST_DUE: 'A renewal could not be collected, and Stripe still tries.',
    UNPAID: 'A renewal could not be collected, and Stripe has stopped trying.',
    PAUSED: 'The trial ended without a payment method.',
    CANCELED: 'Over.',
  });
  types.SubscriptionItem.implement({
    description: 'One price of a subscription.',
    interfaces: [Mirrored],
    fields: (t) => ({
      price: t.field({
        type: types.Price,
        nullable: true,
        description: 'What is charged for.',
        resolve: ({ priceId }, _args, ctx) => loadPrice(ctx, priceId),
      }),
      quantity: t.expose('quantity', {
        type: 'BigInt',
        nullable: true,
        description: 'Units. Null for a price by usage.',
      }),
      currentPeriodStart: t.expose('currentPeriodStart', {
        type: 'DateTime',
        nullable: true,
        description: 'From when the current period runs.',
      }),
      currentPeriodEnd: t.expose('currentPeriodEnd', {
        type: 'DateTime',
        nullable: true,
        description: 'When the current period is over; not part of it.',
      }),
    }),
  });
  types.Subscription.implement({
    description: 'A customer on recurring prices.',
    interfaces: [Mirrored],
    fields: (t) => ({
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
      items: t.field({
        type: [types.SubscriptionItem],
        description: 'Its prices, oldest first. Stripe allows 20.',
        resolve: async ({ id }, _args, ctx) => [...(await loadItems(ctx, id))],
      }),
      latestInvoice: t.field({
        type: types.Invoice,
        nullable: true,
        description: 'The invoice issued last.',
        resolve: ({ latestInvoiceId }, _args, ctx) => loadInvoice(ctx, latestInvoiceId),
      }),
      defaultPaymentMethod: t.field({
        type: types.PaymentMethod,
        nullable: true,
        description: 'What is charged. Null: the customer’s default.',
        resolve: ({ defaultPaymentMethodId }, _args, ctx) => loadPaymentMethod(ctx, defaultPaymentMethodId),
      }),
      currentPeriodStart: t.expose('currentPeriodStart', {
        type: 'DateTime',
        nullable: true,
        description: 'From when the current period runs, of the item whose period ends first.',
      }),
      currentPeriodEnd: t.expose('currentPeriodEnd', {
        type: 'DateTime',
        nullable: true,
        description: 'When an item is renewed next; the instant itself belongs to the next period.',
      }),
      cancelAtPeriodEnd: t.exposeBoolean('cancelAtPeriodEnd', {
        nullable: true,
        description: 'Whether it ends with the current period.',
      }),
      cancelAt: t.expose('cancelAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it is set to end. Null: not set.',
      }),
      canceledAt: t.expose('canceledAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When the cancellation was asked for.',
      }),
      startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true, description: 'When it began.' }),
      endedAt: t.expose('endedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was over. Null: it is not.',
      }),
      trialEnd: t.expose('trialEnd', {
        type: 'DateTime',
        nullable: true,
        description: 'When the trial is or was over.',
      }),
    }),
  });
  addEntity(builder, types.Subscription, loadSubscription);
  addQueries(builder, {
    one: 'subscription',
    many: 'subscriptions',
    called: { one: 'subscription', many: 'subscriptions' },
    type: types.Subscription,
    reads: subscriptions,
    load: loadSubscription,
    filters: (arg) => ({
      status: arg({ type: Status.type, description: 'In this state.' }),
      customerId: arg.id({ description: 'Of this customer.' }),
    }),
  });
}
