import type { ClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { recoveredAmountsByCustomer } from '../loaders.ts';

/** Adds what was won back to billing's Customer. A foreign or unknown id simply has nothing: the numbers are read in the caller's workspace. */
export function extendCustomer(builder: SubgraphBuilder, clickhouse: ClickHouse): void {
  builder
    .externalRef('Customer', builder.selection<{ id: string }>('id'), ({ id }) => ({ id }))
    .implement({
      externalFields: (t) => ({ id: t.id() }),
      fields: (t) => ({
        recoveredAmounts: t.field({
          type: ['Money'],
          // Nullable like everything that another subgraph adds: when analytics is away the customer still loads.
          nullable: true,
          description:
            'What this customer paid after all on payments that had failed, one amount per currency; empty when there was none.',
          authScopes: { scope: 'analytics:read' },
          resolve: async ({ id }, _args, ctx) => {
            const loader = ctx.loader('analytics.recoveredAmounts', async (ids) =>
              recoveredAmountsByCustomer(ctx.useCases, clickhouse, ids),
            );
            return [...((await loader.load(id)) ?? [])];
          },
        }),
      }),
    });
}
