import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request is answered with: an answer, silence, or a connection that breaks before or within the answer. */
export type Behaviour =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: object | string }
  | 'HANGS'
  | 'RESETS'
  | 'RESETS_WITHIN_BODY'
  | 'TRICKLES';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
  /** Of the account, by its key. */
  readonly auth: string | undefined;
  readonly at: number;
}

export interface HostileStripe {
  readonly url: string;
  readonly seen: Seen[];
  /** What it does from now on: one after the other, the last one for good. */
  does(...behaviours: Behaviour[]): void;
  close(): Promise<void>;
}

export const FINE: Behaviour = { status: 200, body: { id: 'cus_1', object: 'customer' } };
export const BROKEN: Behaviour = { status: 500, body: { error: { type: 'api_error', message: 'Oops' } } };

/** A server that is Stripe on a bad day. */
export async function startHostileStripe(): Promise<HostileStripe> {
  const seen: Seen[] = [];
  let plan: readonly Behaviour[] = [FINE];
  const server = createServer((request, response) => {
    const { authorization, 'idempotency-key': key } = request.headers;
    seen.push({
      method: request.method ?? '',
      path: request.url ?? '',
      key: typeof key === 'string' ? key : undefined,
      auth: authorization?.replace('Bearer ', ''),
      at: performance.now(),
    });
    const [now = FINE, ...later] = plan;
    if (later.length > 0) plan = later;
    request.resume().on('end', () => {
      behave(now, request, response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    seen,
    does: (...behaviours) => {
      plan = behaviours;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function behave(what: Behaviour, request: IncomingMessage, response: ServerResponse): void {
  if (what === 'HANGS') return;
  if (what === 'RESETS') {
    request.socket.resetAndDestroy();
    return;
  }
  if (what === 'RESETS_WITHIN_BODY') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"id": "cus_1",', () => request.socket.resetAndDestroy());
    return;
  }
  if (what === 'TRICKLES') {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 10);
    response.on('close', () => {
      clearInterval(timer);
    });
    return;
  }
  const { status, headers = {}, body = {} } = what;
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
