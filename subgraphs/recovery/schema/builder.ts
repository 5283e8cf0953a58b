import { createSubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';

/** Recovery's part of the graph is declared on this; the files beside it add to it when they are imported (see index.ts). */
export const builder = createSubgraphBuilder({ mutation: true, subscription: true });
