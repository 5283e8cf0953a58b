import type { EnumRef, ObjectRef } from '@pothos/core';
import { createSubgraphBuilder, type KernelTypes, type SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';

export function createPlatformBuilder(): SubgraphBuilder {
  return createSubgraphBuilder({ query: true, mutation: true, subscription: true });
}

type Types = PothosSchemaTypes.ExtendDefaultTypes<KernelTypes>;

/** An object type of this subgraph, handed from the file that declares it to those that return it. */
export type Ref<Shape> = ObjectRef<Types, Shape>;

export type EnumOf<Value> = EnumRef<Types, Value>;
