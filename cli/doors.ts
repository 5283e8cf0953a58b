import { type Actor, OPERATOR_SCOPE, type WorkspaceMode } from '#subgraphs/shared/db/context.ts';
import { createUseCaseContext } from '#subgraphs/shared/db/use-case-context.ts';
import { inWorkspace } from '#subgraphs/shared/db/workspace-scope.ts';
import type { GatewayRequest, SubgraphDoor } from '#subgraphs/shared/graphql/door.ts';
import { createLoaders, type Caller, type GraphContext } from '#subgraphs/shared/graphql/context.ts';
import type { Subgraph } from '#subgraphs/shared/graphql/subgraph.ts';
import { countLookups } from '#subgraphs/shared/metrics/lookups.ts';
import { inSpan } from '#subgraphs/shared/tracing/span.ts';
import type { Kernel } from './kernel.ts';

const actorOf = (caller: Caller): Actor => {
  switch (caller.kind) {
    case 'API_KEY':
      return { type: 'API_KEY', id: caller.keyId, scopes: caller.scopes };
    case 'OPERATOR':
      return { type: 'OPERATOR', id: caller.id, scopes: [] };
    case 'ANONYMOUS':
      return { type: 'CUSTOMER', id: 'anonymous', scopes: [] };
  }
};

const scopeOf = (caller: Caller): readonly [workspaceId: string, mode: WorkspaceMode] => {
  if (caller.kind === 'API_KEY') return [caller.workspaceId, caller.mode];
  return [caller.kind === 'OPERATOR' ? OPERATOR_SCOPE : '', 'LIVE'];
};

function graphContext(kernel: Kernel, caller: Caller, request: GatewayRequest): GraphContext {
  const [workspaceId, mode] = scopeOf(caller);
  const useCases = createUseCaseContext(kernel.contextDeps, {
    workspaceId,
    mode,
    actor: actorOf(caller),
    requestId: request.requestId,
  });
  return {
    caller,
    requestId: request.requestId,
    useCases,
    events: kernel.events,
    idempotencyKey: request.idempotencyKey,
    loader: createLoaders(),
  };
}

/** A subgraph as it is called: its schema, and the workspace of the caller around everything that it does. */
export function doorOf(kernel: Kernel, subgraph: Subgraph): SubgraphDoor {
  const { name } = subgraph;
  return {
    get schema() {
      return subgraph.schema;
    },
    onDocument: countLookups(kernel.metrics, 'subgraph_documents'),
    contextFor: (caller, request) => graphContext(kernel, caller, request),
    around: (context, run) => {
      const { workspaceId } = (context as GraphContext).useCases;
      const traced = (): ReturnType<typeof run> => inSpan({ name: `subgraph ${name}` }, run);
      return workspaceId === '' ? traced() : inWorkspace(workspaceId, traced);
    },
  };
}
