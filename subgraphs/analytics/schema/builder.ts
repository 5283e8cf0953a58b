import type { ObjectRef } from '@pothos/core';
import { createSubgraphBuilder, type KernelTypes, type SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';

/** Analytics reads, and can be asked to look whether what it reads is right; its numbers are asked for, not pushed. */
export function createAnalyticsBuilder(): SubgraphBuilder {
  return createSubgraphBuilder({ query: true, mutation: true });
}

/** An object type of this subgraph, handed from the file that declares it to those that return it. */
export type Ref<Shape> = ObjectRef<PothosSchemaTypes.ExtendDefaultTypes<KernelTypes>, Shape>;

/** Jobs are platform's; here they are only named. */
export function addJobRef(builder: SubgraphBuilder): Ref<{ id: string }> {
  return builder.externalRef('Job', builder.selection<{ id: string }>('id')).implement({
    externalFields: (t) => ({ id: t.id({ description: 'Begins with job_.' }) }),
  });
}
