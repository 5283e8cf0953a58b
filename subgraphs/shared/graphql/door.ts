import type { GraphQLSchema } from 'graphql';
import type { Caller } from './context.ts';

/** The client's own operation, of which a fetch is a part. */
export interface ClientOperation {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly name: string | null;
}

/** What a subgraph may know about the request that one of its fetches belongs to; the same in process and over the network. */
export interface GatewayRequest {
  readonly requestId: string;
  /** What the client sent as Idempotency-Key. */
  readonly idempotencyKey: string | undefined;
  readonly ip: string;
  readonly transport: 'HTTP' | 'WEBSOCKET';
  readonly operation: ClientOperation;
  /** Fires when the client has gone or the stream was closed; an event source stops at it. */
  readonly signal: AbortSignal;
}

/**
 * A subgraph, ready to be called: by the gateway in its own process, or by `serveSubgraph` for a gateway elsewhere.
 * `contextFor` is called for each fetch and for each event of a stream, so that what a context caches is never stale.
 * `around` holds the whole execution (resolvers, loaders, lazy queries), where the workspace must be in force.
 */
export interface SubgraphDoor {
  readonly schema: GraphQLSchema;
  contextFor(caller: Caller, request: GatewayRequest): object;
  /** Told of each document whether it was known already, parsed and checked. */
  readonly onDocument?: (known: boolean) => void;
  around<T>(context: object, run: () => Promise<T>): Promise<T>;
}
