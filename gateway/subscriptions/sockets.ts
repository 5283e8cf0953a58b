import { GraphQLError } from 'graphql';

import { formatError, signed } from '../plugins/error-masking.ts';
import { Connections } from './connections.ts';
import { createSocketOperations } from './operations.ts';
import { closeSockets, refuseUpgrade } from '#subgraphs/shared/server/close-sockets.ts';
import { createTransport } from '#subgraphs/shared/server/socket-transport.ts';

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import type { ExecutionResult, FormattedExecutionResult } from 'graphql';
import type { Context } from 'graphql-ws';

import type { Generations } from '../generations.ts';
import type { GatewayDeps, GatewayLimits, RequestHeaders } from '../types.ts';
import type { SocketExtra, TransportOptions } from '#subgraphs/shared/server/socket-transport.ts';
import type { PreparedOperation } from './operations.ts';

export interface SocketDeps {
  readonly deps: GatewayDeps;
  readonly limits: GatewayLimits;
  readonly generations: Generations;
}

export interface Sockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  open(): { connections: number; streams: number; sources: number };
  /** Says 1012 to every client, a few at a time so that they don't all come back at once; what is left after `withinMs` is cut. */
  close(withinMs: number): Promise<void>;
}

type SocketContext = Context<Record<string, unknown> | undefined, SocketExtra>;

/** graphql-ws at `/graphql`, on the gateway's port. */
export async function createSockets(given: SocketDeps): Promise<Sockets> {
  const { deps, limits } = given;
  const connections = new Connections({ ...deps, limits: limits.socket });
  const operations = createSocketOperations(given);
  const stopListening = await deps.revocations?.onChange((keyId) => void connections.keyChanged(keyId));
  let closing = false;

  const options: TransportOptions = {
    connectionInitWaitTimeout: limits.socket.initTimeoutMs,
    onConnect: async (context) => connections.admit(context.extra.socket, context.connectionParams, upgradeOf(context)),
    onSubscribe: async (context, _id, payload) => {
      const connection = connections.of(context.extra.socket);
      if (connection === undefined) return [new GraphQLError('The connection is closing.')];
      return operations.prepare(connection, payload, Object.keys(context.subscriptions).length);
    },
    // Results are formatted by now, which `OperationResult` has no word for; `onNext` passes them on as they are.
    execute: async (args) => (await (args as PreparedOperation).execute()) as ExecutionResult,
    subscribe: (args) => (args as PreparedOperation).stream() as AsyncGenerator<ExecutionResult>,
    onNext: (_context, _id, _payload, _args, result) => result as FormattedExecutionResult,
    onError: (_context, id, _payload, errors) => errors.map((error) => signed(formatError(error.toJSON(), error), id)),
    onClose: (context) => connections.remove(context.extra.socket),
  };
  const server = createTransport(options, limits.socket, deps.log);

  const sockets: Sockets = {
    upgrade: (request, socket, head) => {
      // A client that resets its connection at this moment must not take the process with it.
      socket.on('error', () => socket.destroy());
      const path = request.url?.split('?')[0];
      if (closing) refuseUpgrade(socket, '503 Service Unavailable');
      else if (path !== '/graphql') refuseUpgrade(socket, '404 Not Found');
      else server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request));
    },
    open: () => ({
      connections: connections.size,
      streams: operations.openStreams(),
      sources: given.generations.current().sockets.openSources(),
    }),
    close: async (withinMs) => {
      closing = true;
      await stopListening?.();
      await closeSockets(server.clients, {
        reason: 'Service restart: connect again with your last cursor',
        withinMs,
      });
      server.close();
    },
  };
  return sockets;
}

function upgradeOf(context: SocketContext): { headers: RequestHeaders; ip: string } {
  const { headers, socket } = context.extra.request;
  const flat = Object.entries(headers).map(
    ([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value] as const,
  );
  return { headers: Object.fromEntries(flat), ip: socket.remoteAddress ?? '' };
}
