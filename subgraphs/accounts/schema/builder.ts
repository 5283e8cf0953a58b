import type { EnumRef, ObjectRef } from '@pothos/core';
import { createSubgraphBuilder, type KernelTypes, type SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';

export function createAccountsBuilder(): SubgraphBuilder {
  return createSubgraphBuilder({ query: true, mutation: true, subscription: true });
}

type Types = PothosSchemaTypes.ExtendDefaultTypes<KernelTypes>;

/** An object type of this subgraph, handed from the file that declares it to those that return it. */
export type Ref<Shape> = ObjectRef<Types, Shape>;

/** Jobs are platform's; here they are only named. */
export function addJobRef(builder: SubgraphBuilder): Ref<{ id: string }> {
  return builder.externalRef('Job', builder.selection<{ id: string }>('id')).implement({
    externalFields: (t) => ({ id: t.id({ description: 'Begins with job_.' }) }),
  });
}

export type EnumOf<Value> = EnumRef<Types, Value>;
