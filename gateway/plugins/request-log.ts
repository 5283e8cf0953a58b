import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';

import type { RequestScope } from '../request-scope.ts';
import type { GatewayLog } from '../types.ts';

/**
 * One line per operation: its name, kind, caller and outcome. Never variables, documents or headers: they hold customers' data and keys.
 */
export function requestLog(log: GatewayLog): ApolloServerPlugin<RequestScope> {
  return { requestDidStart: () => Promise.resolve(listener(log, performance.now())) };
}

function listener(log: GatewayLog, startedAt: number): GraphQLRequestListener<RequestScope> {
  const willSendResponse: GraphQLRequestListener<RequestScope>['willSendResponse'] = ({
    operation,
    operationName,
    contextValue,
    response,
  }) => {
    const errors = response.body.kind === 'single' ? response.body.singleResult.errors : undefined;
    const fields = {
      requestId: contextValue.requestId,
      operation: operationName,
      kind: operation?.operation,
      ...callerFields(contextValue.caller),
      transport: contextValue.transport,
      codes: errors?.map((error) => error.extensions?.['code']),
      ms: Math.round(performance.now() - startedAt),
    };
    log.info(fields, 'operation');
    return Promise.resolve();
  };
  return { willSendResponse };
}

function callerFields(caller: RequestScope['caller']): object {
  return {
    caller: caller.kind,
    ...('workspaceId' in caller ? { workspaceId: caller.workspaceId } : {}),
    ...('keyId' in caller ? { keyId: caller.keyId } : {}),
  };
}
