import type { ClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { ObjectState } from '../repositories/mirror-objects.ts';
import { readObjectHistory } from '../use-cases/read-object-history.ts';

export function addObjectHistory(builder: SubgraphBuilder, clickhouse: ClickHouse): void {
  const State = builder.objectRef<ObjectState>('ObjectState').implement({
    description: 'A state that a billing object has taken on.',
    fields: (t) => ({
      kind: t.exposeString('kind', { description: 'Stripe’s word for what it is: `subscription`.' }),
      at: t.expose('at', {
        type: 'DateTime',
        description: 'When Stripe says that it was so; on a test clock, by that clock.',
      }),
      recordedAt: t.expose('recordedAt', { type: 'DateTime', description: 'When we knew, in real time.' }),
      deleted: t.exposeBoolean('deleted', { description: 'Whether it was deleted.' }),
      status: t.exposeString('status', { nullable: true, description: 'Its status, where its kind has one.' }),
      amount: t.field({
        type: 'Money',
        nullable: true,
        description: 'The amount it is about: an invoice’s total, a charge’s amount. Null for kinds that have none.',
        resolve: ({ amountMinor, currency }) =>
          amountMinor === null || currency === null ? null : { amountMinor, currency },
      }),
    }),
  });
  builder.queryField('objectHistory', (t) =>
    t.field({
      type: [State],
      // Nullable, so that a dashboard gets the rest of its answer while the numbers are away.
      nullable: true,
      description:
        'The states that a customer, subscription, invoice or other billing object has taken on, newest first, at most 500. Follows the events by a few seconds. Empty for an object that this workspace does not have; null with the error ANALYTICS_UNAVAILABLE while it cannot be read.',
      args: { id: t.arg.id({ required: true, description: 'Our id of the object: `sub_…`, `inv_…`.' }) },
      authScopes: { scope: 'analytics:read' },
      resolve: async (_root, { id }, { useCases }) => [
        ...(await readObjectHistory(clickhouse, useCases.workspaceId, id)),
      ],
    }),
  );
}
