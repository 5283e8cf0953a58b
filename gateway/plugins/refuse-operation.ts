import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import type { GraphQLError } from 'graphql';

import type { RequestScope } from '../request-scope.ts';

type DidResolve = NonNullable<GraphQLRequestListener<RequestScope>['didResolveOperation']>;

/** An operation that was read and is valid, with who sent it. */
export type ResolvedOperation = Parameters<DidResolve>[0];

/** Why an operation is refused before it is planned; null when it may pass. */
export type OperationCheck = (resolved: ResolvedOperation) => GraphQLError | null;

/** Lets every operation pass these checks, in their order; the first that refuses speaks. */
export function refuseOperations(checks: readonly OperationCheck[]): ApolloServerPlugin<RequestScope> {
  const didResolveOperation: DidResolve = (resolved) => {
    for (const check of checks) {
      const refused = check(resolved);
      if (refused !== null) return Promise.reject(refused);
    }
    return Promise.resolve();
  };
  return { requestDidStart: () => Promise.resolve({ didResolveOperation }) };
}
