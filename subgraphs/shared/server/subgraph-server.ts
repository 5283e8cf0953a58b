import type { FastifyInstance } from 'fastify';
import type { SubgraphDoor } from '../graphql/door.ts';
import type { ServerLog } from '../logging/server-log.ts';
import type { Clock } from '../time/clock.ts';
import type { ReadinessCheck } from './health.ts';

export interface SubgraphServerLimits {
  /** Body of one fetch. Plans put many entities into one, so it is larger than what a client may send. */
  readonly bodyBytes: number;
  readonly messageBytes: number;
  readonly initTimeoutMs: number;
  readonly pingMs: number;
  /** How long a stream goes on without hearing from the gateway that its caller may still see it. */
  readonly leaseMs: number;
}

export const DEFAULT_SERVER_LIMITS: SubgraphServerLimits = {
  bodyBytes: 8_388_608,
  messageBytes: 1_048_576,
  initTimeoutMs: 3_000,
  pingMs: 12_000,
  leaseMs: 150_000,
};

export interface SubgraphServerDeps {
  readonly name: string;
  readonly door: SubgraphDoor;
  /** Each is accepted; while one replaces another there are two. Made by `subgraphKey(masterKey, name)`. */
  readonly keys: readonly Uint8Array[];
  readonly wall: Clock;
  readonly log: ServerLog;
  readonly version: string;
  readonly checks?: Readonly<Record<string, ReadinessCheck>>;
  readonly softChecks?: Readonly<Record<string, ReadinessCheck>>;
  readonly limits?: Partial<SubgraphServerLimits>;
  /** What this process answers besides, such as its metrics. */
  readonly mount?: (server: FastifyInstance) => void;
  /** How long calls in flight get when the server closes. */
  readonly drainMs?: number;
}

export interface SubgraphServer {
  /** Opens the port (0: any free one) and answers the URL. */
  listen(at: { port: number; host?: string }): Promise<string>;
  /** The base URL, once listening. */
  readonly url: string;
  /** Open WebSocket connections and streams, for metrics and tests. */
  openSockets(): { connections: number; streams: number };
  /** No connection is taken any more, readiness turns red, sockets close with 1012, calls in flight are answered. Repeatable. */
  close(): Promise<void>;
}
