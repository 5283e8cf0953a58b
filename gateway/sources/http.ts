import { Pool } from 'undici';

import { away } from './away.ts';
import { Exchange } from './exchange.ts';
import { downstreamError, downstreamTimeout } from '../refusals.ts';
import { onceEach } from './representations.ts';
import { incoming } from './source.ts';
import { upstreamHeaders } from './upstream-headers.ts';
import { UpstreamSocket } from './upstream-socket.ts';

import type { GraphQLDataSourceProcessOptions } from '@apollo/gateway';

import type { CallContext } from '#subgraphs/shared/signed-context/signed-context.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';

import type { RequestScope } from '../request-scope.ts';
import type { GatewayLog, RemoteSubgraph } from '../types.ts';
import type { ClientRequest, Fetch, FetchResult, Source } from './source.ts';
import type { Signature } from './upstream-headers.ts';

const TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 2_000;
const READY_TIMEOUT_MS = 2_000;
const CONNECTIONS = 64;

/** Below the 65 seconds after which a subgraph closes an idle connection: it is never closed under a call that is on its way. */
const KEEP_ALIVE_MS = 30_000;

class TimedOut extends Error {}
class ClientGone extends Error {}

/** A call in the midst of its attempts, and what broke it off. */
interface Call {
  readonly body: string;
  readonly context: CallContext;
  readonly mayRepeat: boolean;
  attempt: Exchange | null;
  ended: TimedOut | ClientGone | null;
}

/**
 * Calls a subgraph in another process, over connections that are kept and never shared by two calls at once. Two equal calls are two
 * calls: what one caller is answered never reaches another.
 */
export class HttpSource implements Source {
  readonly #name: string;
  readonly #signature: Signature;
  readonly #timeoutMs: number;
  readonly #log: GatewayLog;
  readonly #pool: Pool;
  readonly #socket: UpstreamSocket;

  constructor(name: string, { url, key, timeoutMs }: RemoteSubgraph, { log, wall }: { log: GatewayLog; wall: Clock }) {
    this.#name = name;
    this.#signature = { key, audience: name, wall };
    this.#timeoutMs = timeoutMs ?? TIMEOUT_MS;
    this.#log = log;
    this.#pool = new Pool(new URL(url).origin, {
      connections: CONNECTIONS,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS, // whatever the server offers
      connect: { timeout: CONNECT_TIMEOUT_MS },
      // One deadline for the whole call is ours.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#socket = new UpstreamSocket({
      name,
      url: new URL(url),
      log,
      signature: this.#signature,
      timeoutMs: this.#timeoutMs,
    });
  }

  async process(options: GraphQLDataSourceProcessOptions): Promise<FetchResult> {
    const { fetch, scope, operation } = incoming(options);
    return onceEach(fetch, async (distinct) => this.fetch(distinct, scope, operation));
  }

  async fetch(fetch: Fetch, scope: RequestScope, operation: ClientRequest): Promise<FetchResult> {
    const { query, operationName, variables } = fetch;
    const call: Call = {
      body: JSON.stringify({ query, operationName, variables }),
      context: contextOf(scope, operation),
      mayRepeat: !isMutation(query),
      attempt: null,
      ended: null,
    };
    const onGone = (): void => end(call, new ClientGone('The client has gone.'));
    const late = setTimeout(() => end(call, new TimedOut('No answer in time.')), this.#timeoutMs);
    scope.signal.addEventListener('abort', onGone, { once: true });
    try {
      if (scope.signal.aborted) onGone();
      return await this.#carryOut(call);
    } catch (error) {
      const reason: unknown = call.ended ?? error;
      if (!(reason instanceof ClientGone))
        this.#log.error(
          { error: reason, subgraph: this.#name, requestId: scope.requestId },
          'a subgraph could not be called',
        );
      return away(fetch, reason instanceof TimedOut ? downstreamTimeout : downstreamError);
    } finally {
      clearTimeout(late);
      scope.signal.removeEventListener('abort', onGone);
    }
  }

  /** The subgraph has answered the event already, for the caller as it was last told. */
  async answer(event: unknown): Promise<FetchResult> {
    return Promise.resolve(event as FetchResult);
  }

  async open(fetch: Fetch, scope: () => RequestScope, operation: ClientRequest): Promise<AsyncIterator<unknown>> {
    return this.#socket.open(fetch, () => contextOf(scope(), operation));
  }

  async ready(): Promise<void> {
    const signal = AbortSignal.timeout(READY_TIMEOUT_MS);
    const { statusCode, body } = await this.#pool.request({ method: 'GET', path: '/health/ready', signal });
    await body.dump();
    if (statusCode !== 200) throw new Error(`The subgraph "${this.#name}" is not ready: ${String(statusCode)}.`);
  }

  async close(): Promise<void> {
    await this.#socket.close();
    await this.#pool.close();
  }

  /** A read whose connection was cut is tried once more: the subgraph may just have been restarted. A mutation may have been carried out. */
  async #carryOut(call: Call): Promise<FetchResult> {
    try {
      return await this.#send(call);
    } catch (error) {
      if (!call.mayRepeat || call.ended !== null || !wasCut(error)) throw error;
      const { requestId } = call.context;
      this.#log.info({ error, subgraph: this.#name, requestId }, 'a cut call is made once more');
      return this.#send(call);
    }
  }

  async #send(call: Call): Promise<FetchResult> {
    if (call.ended !== null) throw call.ended;
    const headers = upstreamHeaders(this.#signature, call.context, call.body);
    call.attempt = new Exchange(this.#pool, { method: 'POST', path: '/graphql', headers, body: call.body });
    const { status, body } = await call.attempt.answer;
    if (status !== 200) throw new Error(`The subgraph answered with status ${String(status)}.`);
    return resultOf(JSON.parse(body));
  }
}

function end(call: Call, reason: TimedOut | ClientGone): void {
  call.ended ??= reason;
  call.attempt?.breakOff(call.ended);
}

function contextOf(scope: RequestScope, operation: ClientRequest): CallContext {
  const { caller, requestId, headers, ip, transport } = scope;
  const { kind, name } = operation;
  return { caller, requestId, idempotencyKey: headers['idempotency-key'], ip, transport, operation: { kind, name } };
}

/** Plans write the kind of an operation first. */
function isMutation(query: string): boolean {
  return /^\s*mutation\b/.test(query);
}

/** ECONNRESET, and what undici says when the other side hangs up. */
function wasCut(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'UND_ERR_SOCKET';
}

function resultOf(answer: unknown): FetchResult {
  if (typeof answer !== 'object' || answer === null || !('data' in answer || 'errors' in answer))
    throw new Error('The subgraph answered with something that is no result.');
  return answer as FetchResult;
}
