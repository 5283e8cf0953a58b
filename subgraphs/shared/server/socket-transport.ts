import { CloseCode, handleProtocols, makeServer } from 'graphql-ws';
import { WebSocketServer } from 'ws';

import type { IncomingMessage } from 'node:http';

import type { ServerOptions, WebSocket as ProtocolSocket } from 'graphql-ws';
import type { WebSocket } from 'ws';

import type { ServerLog } from '../logging/server-log.ts';

export interface TransportLimits {
  readonly messageBytes: number;
  readonly pingMs: number;
}

/** The socket that a connection runs over, as hooks see it. */
export interface SocketExtra {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
}

export type TransportOptions = ServerOptions<Record<string, unknown> | undefined, SocketExtra>;

/**
 * graphql-ws over `ws`. The library's own glue writes what clients do wrong to the console and lets their errors' messages out in close
 * reasons; here they go to the log, and `send` resolves when the bytes are handed over, which is what slows a stream to its client.
 */
export function createTransport(options: TransportOptions, limits: TransportLimits, log: ServerLog): WebSocketServer {
  const protocol = makeServer(options);
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    handleProtocols,
  });
  server.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    socket.on('error', (error) => log.debug({ error }, 'a socket failed'));
    const stopPinging = keepAlive(socket, limits.pingMs);
    const closed = protocol.opened(adapted(socket, log, options.onPing !== undefined), { socket, request });
    socket.once('close', (code, reason) => {
      stopPinging();
      closed(code, reason.toString()).catch((error: unknown) =>
        log.error({ error }, 'a socket was not closed cleanly'),
      );
    });
  });
  return server;
}

/** The socket as graphql-ws wants it. */
function adapted(socket: WebSocket, log: ServerLog, readsPings: boolean): ProtocolSocket {
  const wrapped: ProtocolSocket = {
    protocol: socket.protocol,
    send: async (data) => send(socket, data),
    // Without this, whatever came in a ping would be sent back.
    ...(readsPings ? { onPing: async () => send(socket, '{"type":"pong"}') } : {}),
    close: (code, reason) => socket.close(code, reason),
    onMessage: (handle) => {
      socket.on('message', (data) => {
        // A text message arrives as one Buffer unless `binaryType` is changed.
        handle(Buffer.isBuffer(data) ? data.toString() : '').catch((error: unknown) => {
          log.error({ error }, 'a message over a socket was not handled');
          socket.close(CloseCode.InternalServerError, 'Internal server error');
        });
      });
    },
  };
  return wrapped;
}

async function send(socket: WebSocket, data: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) resolve();
    else socket.send(data, (error) => (error instanceof Error ? reject(error) : resolve()));
  });
}

/** Cuts a peer that did not answer the last ping: it is gone without having said so. */
function keepAlive(socket: WebSocket, everyMs: number): () => void {
  let answered = true;
  socket.on('pong', () => (answered = true));
  const timer = setInterval(() => {
    if (!answered) {
      socket.terminate();
      return;
    }
    answered = false;
    socket.ping();
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
