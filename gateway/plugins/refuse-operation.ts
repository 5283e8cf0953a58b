import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import type { GraphQLError } from 'graphql';

import type { RequestScope } from '../request-scope.ts';

type DidResolve = NonNullable<GraphQLRequestListener<RequestScope>['didResolveOperation']>;

/** An operation that was read and is valid, with who sent it. */
export type ResolvedOperation = Parameters<DidResolve>[0];

/** A plugin that looks at every operation before it is planned, and may refuse it (null: it may pass). */
export function refuseOperation(
  why: (resolved: ResolvedOperation) => GraphQLError | null,
): ApolloServerPlugin<RequestScope> {
  const didResolveOperation: DidResolve = (resolved) => {
    const refused = why(resolved);
    return refused === null ? Promise.resolve() : Promise.reject(refused);
  };
  return { requestDidStart: () => Promise.resolve({ didResolveOperation }) };
}
