import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { send, type SendOptions } from './send.ts';
import { subscribe, type Delivered, type SubscribeOptions } from './subscribe.ts';

export * from './generated/operations.ts';
export { OppulenceError, type GraphError } from './errors.ts';
export type { Delivered } from './subscribe.ts';

export interface ClientOptions {
  /** The GraphQL address, for example `http://localhost:4000/graphql`. */
  readonly url: string;
  /** `op_live_…` or `op_test_…`: it says which workspace you act in. */
  readonly apiKey: string;
  /** Where subscriptions connect; the same address over WebSocket unless given. */
  readonly subscriptionsUrl?: string;
  /** The platform's own unless given. */
  readonly fetch?: typeof fetch;
  /** A WebSocket class; the platform's own, or the package `ws` where there is none (Node 20). */
  readonly webSocket?: unknown;
}

/** Variables may be left out when the operation needs none. */
type Variables<V> = Record<string, never> extends V ? [variables?: V] : [variables: V];

export interface Client {
  /** @throws {OppulenceError} when there are errors, also beside data (which the error then holds). */
  query<T, V>(document: TypedDocumentNode<T, V>, ...variables: Variables<V>): Promise<T>;
  /**
   * With an `idempotencyKey` it is safe to send the same mutation again: the first answer is repeated.
   * What the rules refuse is part of the answer's union: look at `__typename`.
   * @throws {OppulenceError} for everything else.
   */
  mutate<T, V>(
    document: TypedDocumentNode<T, V>,
    variables: V,
    options?: Pick<SendOptions, 'idempotencyKey'>,
  ): Promise<T>;
  /**
   * Events as they happen, for operations with a variable `$after: String`. A broken connection is taken up again after the last event
   * that arrived: none is missed and none comes twice. Pass `after` (a kept cursor) to go on where an earlier process ended; without it you
   * begin with what happens next, and have no place to come back to before the first event.
   * Ends with `signal`, or when the server completes the stream. @throws {OppulenceError} when the server refuses for good.
   */
  subscribe<T, V>(
    document: TypedDocumentNode<T, V>,
    variables: V,
    options?: SubscribeOptions,
  ): AsyncGenerator<Delivered<T>, void>;
}

export function createClient(options: ClientOptions): Client {
  const http = { url: options.url, apiKey: options.apiKey, fetch: options.fetch ?? fetch };
  const socket = {
    url: options.subscriptionsUrl ?? options.url.replace(/^http/, 'ws'),
    apiKey: options.apiKey,
    webSocket: options.webSocket,
  };
  return {
    query: (document, ...[variables]) => send(http, document, variables),
    mutate: (document, variables, sending) => send(http, document, variables, sending),
    subscribe: (document, variables, following) => subscribe(socket, document, variables, following),
  };
}
