import { getOperationAST, GraphQLError, OperationTypeNode } from 'graphql';
import type { ExecutionArgs, ExecutionResult, FormattedExecutionResult } from 'graphql';
import type { Context, SubscribePayload } from 'graphql-ws';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { refusal, untrustedContext } from '../errors/refusal.ts';
import { publicError } from '../errors/public-error.ts';
import type { DoorOperations, Fetch } from '../graphql/door-operations.ts';
import {
  CONTEXT_HEADER,
  type ContextRefusal,
  isBodyOf,
  renewalBody,
  subscribeBody,
  type VerifiedContext,
  verifyContext,
} from '../signed-context/signed-context.ts';
import { closeSockets, refuseUpgrade } from './close-sockets.ts';
import { ServedStream } from './served-stream.ts';
import { createTransport, type SocketExtra, type TransportOptions } from './socket-transport.ts';
import type { PingPayload } from './stream-protocol.ts';
import type { SubgraphServerDeps, SubgraphServerLimits } from './subgraph-server.ts';

export interface ServedSocketsDeps extends Pick<SubgraphServerDeps, 'name' | 'keys' | 'wall' | 'log'> {
  readonly limits: SubgraphServerLimits;
  readonly operations: DoorOperations;
  readonly isClosing: () => boolean;
}

export interface ServedSockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  open(): { connections: number; streams: number };
  close(withinMs: number): Promise<void>;
}

type SocketContext = Context<Record<string, unknown> | undefined, SocketExtra>;

interface PreparedStream extends ExecutionArgs {
  readonly stream: ServedStream;
}

/** graphql-ws at `/graphql`: one socket for each gateway, with all its streams, each of which is signed for and renewed by itself. */
export function createServedSockets(deps: ServedSocketsDeps): ServedSockets {
  const { name, keys, wall, log, limits, operations } = deps;
  const streams = new Map<WebSocket, Map<string, ServedStream>>();
  const streamsOf = (socket: WebSocket): Map<string, ServedStream> => {
    const known = streams.get(socket) ?? new Map<string, ServedStream>();
    streams.set(socket, known);
    return known;
  };
  const verified = (token: unknown, body: string): VerifiedContext | { refused: ContextRefusal | 'OTHER_BODY' } => {
    const context = verifyContext(token, { keys, audience: name, now: wall.now() });
    if ('refused' in context || isBodyOf(context, body)) return context;
    return { refused: 'OTHER_BODY' };
  };
  const warn = (reason: string): void =>
    log.warn({ reason, subgraph: name }, 'a call without a valid context was refused');

  const prepare = async (
    { extra: { socket } }: SocketContext,
    id: string,
    payload: SubscribePayload,
  ): Promise<PreparedStream | readonly GraphQLError[]> => {
    const context = verified(payload.extensions?.[CONTEXT_HEADER], subscribeBody(payload));
    if ('refused' in context) {
      warn(context.refused);
      return [refusal(untrustedContext)];
    }
    const fetch = fetchOf(payload);
    const document = operations.document(fetch.query);
    if (getOperationAST(document, fetch.operationName)?.operation !== OperationTypeNode.SUBSCRIPTION)
      throw new Error('Only subscriptions run over a socket between gateway and subgraph.');
    const ofSocket = streamsOf(socket);
    const onEnd = (): void => void ofSocket.delete(id);
    const stream = new ServedStream({ operations, fetch, context, leaseMs: limits.leaseMs, onEnd });
    ofSocket.set(id, stream);
    await stream.open();
    return { schema: operations.schema, document, operationName: fetch.operationName ?? null, stream };
  };

  const heard = (socket: WebSocket, { contexts = {}, taken = {} }: PingPayload): void => {
    const ofSocket = streams.get(socket);
    for (const [id, count] of Object.entries(taken)) ofSocket?.get(id)?.taken(count);
    for (const [id, token] of Object.entries(contexts)) {
      const stream = ofSocket?.get(id);
      if (stream === undefined) continue;
      const context = verified(token, renewalBody(id));
      if ('refused' in context) warn(context.refused);
      else stream.renew(context);
    }
  };

  const options: TransportOptions = {
    connectionInitWaitTimeout: limits.initTimeoutMs,
    onSubscribe: async (context, id, payload) =>
      prepare(context, id, payload).catch((error: unknown) => [asTold(error, operations)]),
    subscribe: (args) => (args as PreparedStream).stream as AsyncGenerator<ExecutionResult>,
    onNext: (_context, _id, _payload, _args, result) => result as FormattedExecutionResult,
    onError: (_context, _id, _payload, errors) =>
      errors.map((error) => (error.originalError instanceof GraphQLError ? error.originalError : error).toJSON()),
    onPing: (context, payload) => heard(context.extra.socket, payload ?? {}),
    onClose: (context) => void streams.delete(context.extra.socket),
  };
  const server = createTransport(options, limits, log);

  return {
    upgrade: (request, socket, head) => {
      // A gateway that resets its connection at this moment must not take the process with it.
      socket.on('error', () => socket.destroy());
      const context = verified(request.headers[CONTEXT_HEADER], '');
      if ('refused' in context) {
        warn(context.refused);
        refuseUpgrade(socket, '401 Unauthorized');
      } else if (deps.isClosing()) refuseUpgrade(socket, '503 Service Unavailable');
      else if (request.url !== '/graphql') refuseUpgrade(socket, '404 Not Found');
      else server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request));
    },
    open: () => ({
      connections: server.clients.size,
      streams: [...streams.values()].reduce((sum, { size }) => sum + size, 0),
    }),
    close: async (withinMs) => {
      await closeSockets(server.clients, { reason: 'Service restart', withinMs });
      server.close();
    },
  };
}

function fetchOf({ query, variables, operationName }: SubscribePayload): Fetch {
  return { query, variables: variables ?? {}, operationName: operationName ?? undefined };
}

/** What `open` refused with is told as it is; anything else is a plan that does not fit, and a bug. */
function asTold(error: unknown, operations: DoorOperations): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const { message, extensions } = publicError(error, operations.place('none'));
  return new GraphQLError(message, { extensions: extensions ?? {} });
}
