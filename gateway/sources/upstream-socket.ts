import { GraphQLError } from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

import { refusal, untrustedContext } from '#subgraphs/shared/errors/refusal.ts';
import { CONTEXT_HEADER, renewalBody, subscribeBody } from '#subgraphs/shared/signed-context/signed-context.ts';

import { downstreamError, downstreamTimeout } from '../refusals.ts';
import { signedFor, upstreamHeaders } from './upstream-headers.ts';
import { UpstreamStream } from './upstream-stream.ts';

import type { Client } from 'graphql-ws';

import type { Fetch, FetchResult } from '#subgraphs/shared/graphql/door-operations.ts';
import type { PingPayload } from '#subgraphs/shared/server/stream-protocol.ts';
import type { CallContext } from '#subgraphs/shared/signed-context/signed-context.ts';

import type { GatewayLog } from '../types.ts';
import type { Signature } from './upstream-headers.ts';

const ACK_TIMEOUT_MS = 5_000;
/** Kept for a moment after its last stream, which may only have fallen behind and be opened again. */
const IDLE_MS = 300;
/** How often it is looked whether a stream's context must be signed again; that it must be is at most this much late. */
const LOOK_MS = 1_000;
/** A subgraph ends a stream that it has not heard of for 150 seconds. */
const RENEW_MS = 60_000;
const RENEWED_AT_ONCE = 100;
/** A subgraph pings every 12 seconds: one that is silent for longer is gone without having said so. */
const SILENT_MS = 30_000;
const LARGEST_MESSAGE = 16_777_216;

interface Open {
  readonly stream: UpstreamStream;
  readonly contextNow: () => CallContext;
  signedFor: CallContext['caller'];
  renewedAt: number;
}

export interface UpstreamSocketOptions {
  readonly name: string;
  readonly url: URL;
  readonly log: GatewayLog;
  readonly signature: Signature;
  /** How long a stream may take to open. */
  readonly timeoutMs: number;
}

/**
 * The one WebSocket between this gateway and a subgraph, with all streams on it. It is there while there are streams; when it breaks, each
 * stream breaks with it and is taken up again by whoever reads it. Each stream is signed for its own caller, and again every minute and
 * when the caller's rights have changed.
 */
export class UpstreamSocket {
  readonly #options: UpstreamSocketOptions;
  readonly #client: Client;
  readonly #streams = new Map<string, Open>();
  #connected: WebSocket | null = null;
  #renewing: NodeJS.Timeout | null = null;
  #opened = 0;

  constructor(options: UpstreamSocketOptions) {
    this.#options = options;
    this.#client = this.#createClient();
  }

  /** @throws {GraphQLError} the subgraph's refusal, or DOWNSTREAM_SERVICE_ERROR when it does not answer. */
  async open(fetch: Fetch, contextNow: () => CallContext): Promise<AsyncIterator<FetchResult>> {
    const id = String((this.#opened += 1));
    const context = contextNow();
    const stream = new UpstreamStream({
      end: () => this.#forget(id),
      taken: (count) => this.#ping({ taken: { [id]: count } }),
    });
    this.#streams.set(id, { stream, contextNow, signedFor: context.caller, renewedAt: performance.now() });
    this.#renewing ??= setInterval(() => this.#renew(), LOOK_MS).unref();
    const { query, operationName, variables } = fetch;
    const payload = {
      query,
      operationName: operationName ?? null,
      variables: { ...variables },
      extensions: { id, [CONTEXT_HEADER]: signedFor(this.#options.signature, context, subscribeBody(fetch)) },
    };
    stream.started(
      this.#client.subscribe(payload, {
        next: (result) => stream.push(result as FetchResult),
        error: (error) => stream.fail(this.#reasonOf(error)),
        complete: () => stream.finish(),
      }),
    );
    const late = setTimeout(() => stream.fail(refusal(downstreamTimeout)), this.#options.timeoutMs);
    await stream.opened.finally(() => clearTimeout(late));
    return stream;
  }

  async close(): Promise<void> {
    for (const { stream } of this.#streams.values()) void stream.return();
    await this.#client.dispose();
    this.#connected?.terminate();
  }

  #createClient(): Client {
    const { name, url, log } = this.#options;
    const headers = (): Record<string, string> => upstreamHeaders(this.#options.signature, ofTheGateway, '');
    class SignedWebSocket extends WebSocket {
      constructor(address: string, protocols: string) {
        super(address, protocols, { headers: headers(), maxPayload: LARGEST_MESSAGE, perMessageDeflate: false });
        watch(this);
      }
    }
    return createClient({
      url: `${url.origin.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: SignedWebSocket,
      lazy: true,
      lazyCloseTimeout: IDLE_MS,
      connectionAckWaitTimeout: ACK_TIMEOUT_MS,
      retryAttempts: 0, // it would send the same message again, from the cursor of long ago
      generateID: ({ extensions }) => String(extensions?.['id']),
      on: {
        connected: (socket) => (this.#connected = socket as WebSocket),
        closed: (event) => {
          this.#connected = null;
          log.debug({ subgraph: name, event: closeOf(event) }, 'the socket to a subgraph was closed');
        },
      },
    });
  }

  /** The subgraph's errors as they are; of anything else (a close, a refused connection) only that it is away. */
  #reasonOf(error: unknown): Error {
    if (isTold(error)) return refusalOf(error[0]);
    this.#options.log.warn({ subgraph: this.#options.name, error: closeOf(error) }, 'the socket to a subgraph failed');
    return refusal(downstreamError);
  }

  #forget(id: string): void {
    this.#streams.delete(id);
    if (this.#streams.size > 0 || this.#renewing === null) return;
    clearInterval(this.#renewing);
    this.#renewing = null;
  }

  #renew(): void {
    const now = performance.now();
    const due = [...this.#streams].filter(
      ([, open]) => now - open.renewedAt >= RENEW_MS || open.contextNow().caller !== open.signedFor,
    );
    for (let from = 0; from < due.length; from += RENEWED_AT_ONCE) {
      const contexts = Object.fromEntries(
        due.slice(from, from + RENEWED_AT_ONCE).map(([id, open]) => [id, this.#resign(id, open, now)]),
      );
      this.#ping({ contexts });
    }
  }

  #ping(payload: PingPayload): void {
    if (this.#connected?.readyState === WebSocket.OPEN) this.#connected.send(JSON.stringify({ type: 'ping', payload }));
  }

  #resign(id: string, open: Open, now: number): string {
    const context = open.contextNow();
    open.signedFor = context.caller;
    open.renewedAt = now;
    return signedFor(this.#options.signature, context, renewalBody(id));
  }
}

/** The socket itself belongs to no caller. */
const ofTheGateway: CallContext = {
  caller: { kind: 'ANONYMOUS' },
  requestId: 'socket',
  idempotencyKey: undefined,
  ip: '',
  transport: 'WEBSOCKET',
  operation: { kind: 'subscription', name: null },
};

function watch(socket: WebSocket): void {
  let heardAt = performance.now();
  const heard = (): void => void (heardAt = performance.now());
  socket.on('open', heard);
  socket.on('ping', heard);
  const timer = setInterval(() => {
    if (performance.now() - heardAt > SILENT_MS) socket.terminate();
  }, SILENT_MS / 2).unref();
  socket.on('close', () => clearInterval(timer));
}

interface Told {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

function isTold(error: unknown): error is readonly [Told] {
  return Array.isArray(error) && error.length > 0;
}

/** That it does not take our signature is no news for a client. */
function refusalOf({ message, extensions = {} }: Told): GraphQLError {
  if (extensions['code'] === untrustedContext.code) return refusal(downstreamError);
  return new GraphQLError(message, { extensions });
}

function closeOf(event: unknown): unknown {
  if (typeof event !== 'object' || event === null) return event;
  if ('code' in event && 'reason' in event) return { code: event.code, reason: event.reason };
  return 'error' in event ? event.error : event;
}
