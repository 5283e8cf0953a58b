import { authenticateRequest, isAnonymous } from '../authentication.ts';
import { authenticationUnavailable } from '../refusals.ts';

import type { WebSocket } from 'ws';

import type { Caller } from '#subgraphs/shared/graphql/context.ts';

import type { GatewayDeps, RequestHeaders, SocketLimits } from '../types.ts';

/** Close codes that a client meets; PROTOCOL.md explains them to it. */
export const CLOSE = {
  TRY_AGAIN_LATER: 1013,
  MISSING_KEY: 4401,
  REFUSED: 4403,
  TOO_MANY_CONNECTIONS: 4429,
} as const;

/** One acknowledged socket, with the caller it acts for. */
export interface Connection {
  readonly socket: WebSocket;
  readonly headers: RequestHeaders;
  readonly ip: string;
  caller: Caller;
}

type Deps = Pick<GatewayDeps, 'authenticate' | 'log'> & { readonly limits: SocketLimits };

/**
 * Who is connected. A connection lives as long as its key: the key is checked again every `recheckMs` and when it is said to have
 * changed, and the socket is closed with 4403 once it is refused. A database that is away is no refusal.
 */
export class Connections {
  readonly #deps: Deps;
  readonly #open = new Map<
    WebSocket,
    Connection & { readonly timer: NodeJS.Timeout; readonly authorization: string | undefined }
  >();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#open.size;
  }

  of(socket: WebSocket): Connection | undefined {
    return this.#open.get(socket);
  }

  /** Decides over `connection_init`; when refused, the socket is being closed and the answer is false. */
  async admit(
    socket: WebSocket,
    params: Readonly<Record<string, unknown>> | undefined,
    upgrade: { headers: RequestHeaders; ip: string },
  ): Promise<boolean> {
    const headers = { ...upgrade.headers, ...sentAsParams(params) };
    const authorization = headers['authorization'];
    const authentication = await authenticateRequest(this.#deps, authorization, headers);
    if ('refused' in authentication) {
      const unavailable = authentication.refused === authenticationUnavailable;
      return refuse(socket, unavailable ? CLOSE.TRY_AGAIN_LATER : CLOSE.REFUSED, authentication.refused.message);
    }
    const { caller } = authentication;
    if (isAnonymous(caller))
      return refuse(
        socket,
        CLOSE.MISSING_KEY,
        'No API key was sent: set connectionParams.authorization to "Bearer op_…".',
      );
    // It may have gone while its key was checked; its close was then handled already.
    if (socket.readyState !== socket.OPEN) return false;
    if (this.#countOf(caller) >= this.#deps.limits.connectionsPerCaller) {
      return refuse(
        socket,
        CLOSE.TOO_MANY_CONNECTIONS,
        'Too many connections with this key. Run several operations over one connection.',
      );
    }
    const timer = setInterval(() => void this.#recheck(socket), this.#deps.limits.recheckMs);
    timer.unref();
    this.#open.set(socket, { socket, headers, ip: upgrade.ip, caller, timer, authorization });
    return true;
  }

  remove(socket: WebSocket): void {
    clearInterval(this.#open.get(socket)?.timer);
    this.#open.delete(socket);
  }

  /** Checks again, now, every connection of a key. */
  async keyChanged(keyId: string): Promise<void> {
    const touched = [...this.#open.values()].filter(({ caller }) => callerKey(caller) === keyId);
    await Promise.all(touched.map(async ({ socket }) => this.#recheck(socket)));
  }

  async #recheck(socket: WebSocket): Promise<void> {
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    const authentication = await authenticateRequest(this.#deps, connection.authorization, connection.headers);
    if ('caller' in authentication && !isAnonymous(authentication.caller)) {
      connection.caller = authentication.caller;
      return;
    }
    if ('refused' in authentication && authentication.refused === authenticationUnavailable) return;
    refuse(socket, CLOSE.REFUSED, 'The API key has expired or was revoked. Connect again with a current one.');
  }

  #countOf(caller: Caller): number {
    const key = callerKey(caller);
    return [...this.#open.values()].filter((connection) => callerKey(connection.caller) === key).length;
  }
}

function callerKey(caller: Caller): string {
  return 'keyId' in caller ? caller.keyId : caller.kind;
}

/** A browser can't set headers on a socket, so they come in `connection_init`; only those with a meaning to us are taken. */
function sentAsParams(params: Readonly<Record<string, unknown>> | undefined): RequestHeaders {
  const known = ['authorization', 'x-workspace-id'];
  const sent = Object.entries(params ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(
    sent.filter(
      (entry): entry is readonly [string, string] => known.includes(entry[0]) && typeof entry[1] === 'string',
    ),
  );
}

function refuse(socket: WebSocket, code: number, reason: string): false {
  // A close frame holds 123 bytes of reason.
  socket.close(code, Buffer.from(reason).subarray(0, 123).toString());
  return false;
}
