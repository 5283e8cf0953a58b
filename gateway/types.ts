import type { Caller } from '#subgraphs/shared/graphql/context.ts';
import type { SubgraphDoor } from '#subgraphs/shared/graphql/door.ts';
import type { HttpRoute } from '#subgraphs/shared/http/route.ts';
import type { ServerLog } from '#subgraphs/shared/logging/server-log.ts';
import type { Metrics } from '#subgraphs/shared/metrics/metrics.ts';
import type { ReadinessCheck } from '#subgraphs/shared/server/health.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';

export type { ClientOperation, GatewayRequest } from '#subgraphs/shared/graphql/door.ts';
export type { ReadinessCheck } from '#subgraphs/shared/server/health.ts';

/** What the gateway writes to. */
export type GatewayLog = ServerLog;

export type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** A subgraph called in the gateway's own process. */
export type InProcessSubgraph = SubgraphDoor;

/** A subgraph behind `serveSubgraph`, in another process. */
export interface RemoteSubgraph {
  /** Where it listens: `http://billing:4003`. Its graph is at `/graphql`, its state at `/health/ready`. */
  readonly url: string;
  /** What calls to it are signed with: `subgraphKey(masterKey, name)`. */
  readonly key: Uint8Array;
  /** How long one call may take; 10 seconds unless given. */
  readonly timeoutMs?: number;
}

/** How the gateway reaches a subgraph. */
export type SubgraphSource = InProcessSubgraph | RemoteSubgraph;

export interface GatewayLimits {
  /** Nesting of fields, fragments opened; introspection has a limit of its own in graphql-js. */
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  readonly tokens: number;
  /** Body of a GraphQL request. Raw routes state their own. */
  readonly bodyBytes: number;
  readonly socket: SocketLimits;
}

export interface SocketLimits {
  readonly connectionsPerCaller: number;
  readonly operationsPerConnection: number;
  readonly messageBytes: number;
  readonly initTimeoutMs: number;
  readonly pingMs: number;
  /** How often the key of an open connection is checked again. */
  readonly recheckMs: number;
  /** Events read ahead of a client; past it the source is closed and later resumed from the last delivered cursor. */
  readonly bufferedEvents: number;
  /** Tries to reopen a source that broke, before the client is told. */
  readonly reopenTries: number;
}

/** Tells that a key was revoked or its scopes changed; connections that use it are checked again at once. */
export interface RevocationFeed {
  onChange(listener: (keyId: string) => void): Promise<() => Promise<void>>;
}

export interface LandingLink {
  readonly label: string;
  readonly href: string;
  readonly hint: string;
}

export interface GatewayDeps {
  readonly supergraphSdl: string;
  readonly subgraphs: Readonly<Record<string, SubgraphSource>>;
  /**
   * Who sends this. `token` is what followed `Bearer`, null when nothing was sent (answer the anonymous caller then, or whoever
   * may come without a key). A `DomainError` is a refusal; any other error is taken as trouble on our side.
   */
  authenticate(token: string | null, headers: RequestHeaders): Promise<Caller>;
  readonly routes?: readonly HttpRoute[];
  readonly checks?: Readonly<Record<string, ReadinessCheck>>;
  /** Told beside the others. One that fails leaves the gateway `degraded`, and it still gets traffic: it can serve much without. */
  readonly softChecks?: Readonly<Record<string, ReadinessCheck>>;
  readonly playground: boolean;
  /** Whether the schema may be read; then it may be read without a key. */
  readonly introspection: boolean;
  readonly log: GatewayLog;
  readonly metrics?: Metrics;
  readonly limits?: Partial<Omit<GatewayLimits, 'socket'>> & { readonly socket?: Partial<SocketLimits> };
  readonly revocations?: RevocationFeed;
  readonly landing?: readonly LandingLink[];
  readonly version: string;
  /** How long requests in flight get when the gateway closes. */
  readonly drainMs?: number;
  /** Wall time, which calls to remote subgraphs are signed with; the machine's clock unless given. */
  readonly wall?: Clock;
}

/** What became of a new supergraph. REFUSED: it could not be loaded, and the one before goes on serving. */
export type SupergraphSwap =
  { readonly outcome: 'SWAPPED' | 'UNCHANGED' } | { readonly outcome: 'REFUSED'; readonly error: unknown };

export interface Gateway {
  /** Opens the port (0: any free one) and answers the URL. Rejects with a message that names the port when it is taken. */
  listen(at: { port: number; host?: string }): Promise<string>;
  /** The base URL, once listening. */
  readonly url: string;
  /**
   * Serves another supergraph from the next operation on; what is running ends in the one it began in. Open subscriptions are planned
   * anew and taken up after their last event. Never rejects: one that can't be loaded is logged and shown in `/health/ready`.
   */
  swapSupergraph(supergraphSdl: string): Promise<SupergraphSwap>;
  /** Open WebSocket connections and streams, and the sources that serve the streams, for metrics and tests. */
  openSockets(): { connections: number; streams: number; sources: number };
  /** No connection is taken any more, readiness turns red, sockets close with 1012, requests in flight are answered. Repeatable. */
  close(): Promise<void>;
}
