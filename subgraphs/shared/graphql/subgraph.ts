import type { GraphQLSchema } from 'graphql';
import type { EffectHandler } from '../effects/define.ts';
import type { EventConsumer } from '../events/consume.ts';
import type { HttpRoute } from '../http/route.ts';
import type { InboxHandler } from '../inbox/apply.ts';
import type { JobHandler } from '../jobs/define.ts';
import type { TimerHandler } from '../timers/define.ts';

/** What a domain offers through its door: its part of the graph, and what the workers carry out for it. */
export interface Subgraph {
  readonly name: string;
  readonly schema: GraphQLSchema;
  readonly routes?: readonly HttpRoute[];
  readonly consumers?: readonly EventConsumer[];
  readonly timers?: readonly TimerHandler[];
  readonly effects?: readonly EffectHandler[];
  readonly jobs?: readonly JobHandler[];
  readonly inbox?: readonly InboxHandler[];
}

/** The schema is built once, when it is first asked for: a worker never does, and a gateway asks for that of each subgraph in its process. */
export function withSchema<S extends Subgraph>(build: () => GraphQLSchema, parts: Omit<S, 'schema'>): S {
  let schema: GraphQLSchema | undefined;
  const subgraph = {
    ...parts,
    get schema() {
      return (schema ??= build());
    },
  };
  return subgraph as Omit<S, 'schema'> & Pick<Subgraph, 'schema'> as S;
}
