import { abortSignalOf } from '../client-signal.ts';

import type { GraphQLDataSource, GraphQLDataSourceProcessOptions } from '@apollo/gateway';

import type { Fetch, FetchResult } from '#subgraphs/shared/graphql/door-operations.ts';
import type { GatewayRequest } from '#subgraphs/shared/graphql/door.ts';

import type { RequestScope } from '../request-scope.ts';

export type { Fetch, FetchResult } from '#subgraphs/shared/graphql/door-operations.ts';

/** The client's own operation, as sent. Subgraphs get to know its kind and name. */
export interface ClientRequest {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly name: string | null;
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** A subgraph as the gateway calls it, in process or over the network; the answers are the same. */
export interface Source extends GraphQLDataSource {
  /** One fetch of a plan that `@apollo/gateway` carries out. Never rejects: what went wrong is in the result, with its path. */
  process(options: GraphQLDataSourceProcessOptions): Promise<FetchResult>;
  fetch(fetch: Fetch, scope: RequestScope, operation: ClientRequest): Promise<FetchResult>;
  /**
   * Opens the source of a subscription. `scope` is asked again while the stream is open, because the caller's rights may change.
   * @throws what `describe` knows, when it is refused; anything else is trouble, and may pass.
   */
  open(fetch: Fetch, scope: () => RequestScope, operation: ClientRequest): Promise<AsyncIterator<unknown>>;
  /** What the subscription answers for an event that `open` gave. Never rejects. */
  answer(event: unknown, fetch: Fetch, scope: RequestScope, operation: ClientRequest): Promise<FetchResult>;
  /** Rejects while the subgraph should not get traffic. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export function requestOf(scope: RequestScope, { kind, name }: ClientRequest): GatewayRequest {
  const { requestId, headers, ip, transport } = scope;
  const signal = abortSignalOf(scope.signal);
  return { requestId, idempotencyKey: headers['idempotency-key'], ip, transport, signal, operation: { kind, name } };
}

/** Of a fetch that belongs to an operation over HTTP, or to a query or mutation over a socket. */
export function incoming(options: GraphQLDataSourceProcessOptions): {
  readonly fetch: Fetch;
  readonly scope: RequestScope;
  readonly operation: ClientRequest;
} {
  if (!('incomingRequestContext' in options)) throw new Error('Only operations of clients are carried out.');
  const { query = '', variables = {}, operationName } = options.request;
  const context = options.incomingRequestContext;
  const operation: ClientRequest = {
    kind: context.operation.operation,
    name: context.operationName,
    text: context.source,
    variables: context.request.variables ?? {},
  };
  return { fetch: { query, variables, operationName }, scope: options.context as RequestScope, operation };
}
