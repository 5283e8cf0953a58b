import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { loadCustomer, loadPaymentMethod } from '../loaders.ts';
import { customers } from '../repositories/mirrored.ts';
import { addEntity, type BillingTypes } from './builder.ts';
import { addQueries } from './lists.ts';
import type { MirroredRef } from './mirrored.ts';

export function addCustomer(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  types.Customer.implement({
    description: 'Who is billed.',
    interfaces: [Mirrored],
    fields: (t) => ({
      name: t.exposeString('name', { nullable: true, description: 'Full name, or the name of the business.' }),
      email: t.exposeString('email', { nullable: true, description: 'Where Stripe and we write to.' }),
      country: t.exposeString('country', {
        nullable: true,
        description: 'Country of the billing address: ISO 3166-1 alpha-2, such as `DE`.',
      }),
      preferredLocale: t.exposeString('preferredLocale', {
        nullable: true,
        description: 'First of the preferred languages: BCP 47, such as `de-AT`.',
      }),
      balance: t.field({
        type: 'Money',
        nullable: true,
        description:
          'What is carried over to the next invoice; negative is credit the customer holds. Null until a currency is settled.',
        resolve: ({ balanceMinor, currency }) =>
          balanceMinor === null || currency === null ? null : { amountMinor: balanceMinor, currency },
      }),
      delinquent: t.exposeBoolean('delinquent', {
        nullable: true,
        description: 'Whether the latest payment that was due failed.',
      }),
      defaultPaymentMethod: t.field({
        type: types.PaymentMethod,
        nullable: true,
        description: 'What is charged where neither the invoice nor the subscription names a payment method.',
        resolve: ({ defaultPaymentMethodId }, _args, ctx) => loadPaymentMethod(ctx, defaultPaymentMethodId),
      }),
    }),
  });
  addEntity(builder, types.Customer, loadCustomer);
  addQueries(builder, {
    one: 'customer',
    many: 'customers',
    called: { one: 'customer', many: 'customers' },
    type: types.Customer,
    reads: customers,
    load: loadCustomer,
  });
}
