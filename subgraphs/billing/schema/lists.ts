import type { ArgBuilder, ArgumentRef } from '@pothos/core';
import type { KernelTypes, SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { GraphContext } from '#subgraphs/shared/graphql/context.ts';
import { COUNTED_TO, keysetConnection, keysetQuery } from '#subgraphs/shared/graphql/keyset.ts';
import type { Load } from '../loaders.ts';
import type { Filter, MirroredReads } from '../repositories/mirrored.ts';
import type { Ref } from './builder.ts';

type Types = PothosSchemaTypes.ExtendDefaultTypes<KernelTypes>;
type FilterArgs = Readonly<Record<string, ArgumentRef<Types, string | null | undefined>>>;

export interface Listed<Row> {
  /** `invoice`, `invoices`, and what they are called in sentences. */
  readonly one: string;
  readonly many: string;
  readonly called: { readonly one: string; readonly many: string };
  readonly type: Ref<Row>;
  readonly reads: MirroredReads<Row>;
  readonly load: Load<Row>;
  /** Arguments that narrow the list, each named as the column it is compared with. */
  readonly filters?: (arg: ArgBuilder<Types>) => FilterArgs;
}

/** The two ways into a kind of object: one by id, and all of them, newest first. */
export function addQueries<Row extends { readonly id: string; readonly stripeCreatedAt: Date }>(
  builder: SubgraphBuilder,
  listed: Listed<Row>,
): void {
  const { type, reads, load, called } = listed;
  builder.queryField(listed.one, (t) =>
    t.field({
      type,
      nullable: true,
      description: `The ${called.one} with this id; null when there is none in this workspace.`,
      args: { id: t.arg.id({ required: true, description: 'Our id of it.' }) },
      authScopes: { scope: 'billing:read' },
      // Pothos can't see that a row is no list, since which row it is stays open here.
      resolve: ((_root: unknown, { id }: { id: string }, ctx: GraphContext) => load(ctx, id)) as never,
    }),
  );
  const Name = type.name;
  builder.queryField(listed.many, (t) =>
    t.connection(
      {
        type,
        description: `The workspace’s ${called.many}, newest first by their creation at Stripe; deleted ones are left out.`,
        args: {
          account: t.arg.string({ description: 'Of this account at Stripe alone.' }),
          ...listed.filters?.(t.arg as unknown as ArgBuilder<Types>),
        },
        authScopes: { scope: 'billing:read' },
        resolve: (_root, args, { useCases: { db, workspaceId } }) => {
          const { first, last, before, after, ...given } = args;
          const filter: Filter = Object.fromEntries(
            Object.entries(given).map(([column, value]) => [column, typeof value === 'string' ? value : undefined]),
          );
          return keysetConnection<Row>(
            { first, last, before, after },
            {
              key: (row) => ({ at: row.stripeCreatedAt, id: row.id }),
              page: (page) => reads.page(db, workspaceId, filter, keysetQuery('stripeCreatedAt', page)),
              count: () => reads.count(db, workspaceId, filter, COUNTED_TO),
            },
          );
        },
      },
      {
        name: `${Name}Connection`,
        description: `A page of ${called.many}.`,
        fields: (c) => ({
          totalCount: c.int({
            description: 'How many match; counting stops at 10,000.',
            resolve: (list) => list.totalCount(),
          }),
        }),
      },
      { name: `${Name}Edge`, description: `One ${called.one} and its place in the list.` },
    ),
  );
}
