import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { loadCustomer, loadPaymentMethod, loadSetupIntent } from '../loaders.ts';
import { setupIntents } from '../repositories/mirrored.ts';
import { addEntity, type BillingTypes } from './builder.ts';
import { addQueries } from './lists.ts';
import type { MirroredRef } from './mirrored.ts';
import { addWords } from './words.ts';

export function addSetupIntent(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  const Status = addWords(builder, 'SetupIntentStatus', 'Where the intention to keep a payment method stands.', {
    REQUIRES_PAYMENT_METHOD: 'Waits for a payment method; also after a refusal.',
    REQUIRES_CONFIRMATION: 'Waits to be confirmed.',
    REQUIRES_ACTION: 'Waits for the customer, mostly to authenticate.',
    PROCESSING: 'Under way.',
    SUCCEEDED: 'The payment method is kept.',
    CANCELED: 'Given up.',
  });
  types.SetupIntent.implement({
    description: 'The intention to keep a payment method for later, over all attempts.',
    interfaces: [Mirrored],
    fields: (t) => ({
      status: t.field({
        type: Status.type,
        nullable: true,
        description: 'Where it stands.',
        resolve: ({ status }) => Status.ifSaid(status),
      }),
      customer: t.field({
        type: types.Customer,
        nullable: true,
        description: 'Whose payment method it is to be.',
        resolve: ({ customerId }, _args, ctx) => loadCustomer(ctx, customerId),
      }),
      paymentMethod: t.field({
        type: types.PaymentMethod,
        nullable: true,
        description: 'What is kept, once it is known.',
        resolve: ({ paymentMethodId }, _args, ctx) => loadPaymentMethod(ctx, paymentMethodId),
      }),
      usage: t.exposeString('usage', {
        nullable: true,
        description: 'What for, in Stripe’s words and in capitals: `OFF_SESSION`.',
      }),
      lastErrorCode: t.exposeString('lastErrorCode', {
        nullable: true,
        description: 'Stripe’s error code of the latest attempt.',
      }),
      lastDeclineCode: t.exposeString('lastDeclineCode', {
        nullable: true,
        description: 'Why the issuer declined the latest attempt, in Stripe’s words.',
      }),
      cancellationReason: t.exposeString('cancellationReason', {
        nullable: true,
        description: 'Why it was given up, in Stripe’s words and in capitals: `ABANDONED`.',
      }),
    }),
  });
  addEntity(builder, types.SetupIntent, loadSetupIntent);
  addQueries(builder, {
    one: 'setupIntent',
    many: 'setupIntents',
    called: { one: 'setup intent', many: 'setup intents' },
    type: types.SetupIntent,
    reads: setupIntents,
    load: loadSetupIntent,
    filters: (arg) => ({
      status: arg({ type: Status.type, description: 'In this state.' }),
      customerId: arg.id({ description: 'Of this customer.' }),
    }),
  });
}
