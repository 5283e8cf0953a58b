import type { InterfaceRef } from '@pothos/core';
import { type Freshness, loadFreshness } from './freshness.ts';
import type { Ref } from './builder.ts';
import type { KernelTypes, SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';

/** What every row of the mirror has. */
interface Mirrored {
  readonly id: string;
  readonly stripeId: string;
  readonly account: string;
  readonly connectionId: string;
  readonly stripeCreatedAt: Date;
  readonly deletedAt: Date | null;
  readonly syncedAt: Date;
}

export type MirroredRef = InterfaceRef<PothosSchemaTypes.ExtendDefaultTypes<KernelTypes>, Mirrored>;

export function addMirrored(builder: SubgraphBuilder, FreshnessType: Ref<Freshness>): MirroredRef {
  const Source = builder.enumType('BillingSource', {
    description: 'Where a billing object lives.',
    values: { STRIPE: { description: 'At Stripe; what is shown is a copy that follows it.' } },
  });
  return builder.interfaceRef<Mirrored>('MirroredObject').implement({
    description: 'A copy of an object of the connected Stripe account.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Our id. The same object has the same id after a rebuild too.' }),
      source: t.field({ type: Source, description: 'Where it lives.', resolve: () => 'STRIPE' as const }),
      stripeId: t.exposeString('stripeId', { description: 'Stripe’s id of it.' }),
      account: t.exposeString('account', {
        description:
          'Stripe’s id of the account it is in: the connected one, or one that is connected to that. Ids that merchants choose, such as a coupon’s, are unique only within it.',
      }),
      connectionId: t.exposeID('connectionId', { description: 'The connection it was last heard of through.' }),
      createdAt: t.expose('stripeCreatedAt', {
        type: 'DateTime',
        description: 'When it was created at Stripe; on a test clock, by that clock.',
      }),
      deletedAt: t.expose('deletedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was deleted at Stripe. Null: it exists.',
      }),
      syncedAt: t.expose('syncedAt', { type: 'DateTime', description: 'When this copy last changed, in real time.' }),
      freshness: t.field({
        type: FreshnessType,
        description: 'How current the copy of the connected account is as a whole.',
        resolve: (_mirrored, _args, ctx) => loadFreshness(ctx),
      }),
    }),
  });
}
