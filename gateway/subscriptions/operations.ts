import { GraphQLError, OperationTypeNode } from 'graphql';

import { newRequestId } from '../http/request-id.ts';
import { internalError, refusal } from '../refusals.ts';
import { coded, withExtensions } from './socket-schema.ts';
import { subscribe } from './subscribe.ts';

import type { ExecutionArgs, FormattedExecutionResult, OperationDefinitionNode } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';

import type { Generation } from '../generations.ts';
import type { RequestScope } from '../request-scope.ts';
import type { ClientRequest } from '../sources/source.ts';
import type { Connection } from './connections.ts';
import type { SocketDeps } from './sockets.ts';
import type { CheckedOperation } from './socket-schema.ts';
import type { PlannedSubscription, SubscriptionStream } from './subscribe.ts';

/** What `onSubscribe` hands to graphql-ws: it reads the document to choose between the two. */
export interface PreparedOperation extends ExecutionArgs {
  execute(): Promise<FormattedExecutionResult>;
  stream(): SubscriptionStream;
}

export interface SocketOperations {
  /** Answers what to run, or why not. `running` counts this operation too. Never rejects: a rejection would close the whole socket. */
  prepare(
    connection: Connection,
    payload: SubscribePayload,
    running: number,
  ): Promise<PreparedOperation | readonly GraphQLError[]>;
  openStreams(): number;
}

export function createSocketOperations({ deps, limits, generations }: SocketDeps): SocketOperations {
  let streams = 0;

  const openStream = async (
    connection: Connection,
    payload: SubscribePayload,
    operation: OperationDefinitionNode,
    requestId: string,
  ): Promise<SubscriptionStream> => {
    streams += 1;
    return subscribe({
      operation: clientRequest(payload, operation),
      planned: () => planned(generations.current(), payload),
      requestId,
      scope: (signal) => scopeOf(connection, requestId, signal),
      log: deps.log,
      limits: limits.socket,
      onClose: () => {
        streams -= 1;
      },
    });
  };

  const prepare = async (
    connection: Connection,
    payload: SubscribePayload,
    running: number,
    requestId: string,
  ): Promise<PreparedOperation | readonly GraphQLError[]> => {
    if (running > limits.socket.operationsPerConnection) return [tooMany(limits.socket.operationsPerConnection)];
    const generation = generations.current();
    const checked = generation.sockets.check(payload);
    if (!isOperation(checked)) return checked;
    const { document, operation } = checked;
    const args = { schema: generation.sockets.apiSchema, document, operationName: payload.operationName ?? null };
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION) {
      return { ...args, execute: async () => execute(generation, connection, payload), stream: notAStream };
    }
    // Opened here and not in `stream`, so that a refusal is an `error` message and not a first event.
    const stream = await openStream(connection, payload, operation, requestId);
    return { ...args, execute: notAQuery, stream: () => stream };
  };

  const made: SocketOperations = {
    openStreams: () => streams,
    prepare: async (connection, payload, running) => {
      const requestId = newRequestId();
      const prepared = await prepare(connection, payload, running, requestId).catch((error: unknown) => {
        if (error instanceof GraphQLError)
          return [error.message.startsWith('Syntax Error') ? coded(error, 'GRAPHQL_PARSE_FAILED') : error];
        deps.log.error({ error, requestId }, 'an operation over a socket failed before it ran');
        return [refusal(internalError)];
      });
      return 'schema' in prepared ? prepared : prepared.map((error) => withRequestId(error, requestId));
    },
  };
  return made;
}

/** @throws the first reason why the schema of this moment does not have what is asked. */
function planned({ sockets }: Generation, payload: SubscribePayload): PlannedSubscription {
  const checked = sockets.check(payload);
  if (isOperation(checked)) return sockets.plan(payload, checked);
  throw checked[0] ?? refusal(internalError);
}

async function execute(
  generation: Generation,
  connection: Connection,
  payload: SubscribePayload,
): Promise<FormattedExecutionResult> {
  const gone = new AbortController();
  const { query, operationName, variables } = payload;
  const response = await generation.run(async (apollo) =>
    apollo.executeOperation(
      { query, variables: variables ?? {}, ...(typeof operationName === 'string' ? { operationName } : {}) },
      { contextValue: scopeOf(connection, newRequestId(), gone.signal) },
    ),
  );
  if (response.body.kind !== 'single') throw new Error('Incremental delivery is not supported.');
  return response.body.singleResult;
}

function scopeOf(connection: Connection, requestId: string, signal: AbortSignal): RequestScope {
  const { caller, headers, ip } = connection;
  return { requestId, caller, headers, ip, transport: 'WEBSOCKET', signal };
}

function clientRequest(payload: SubscribePayload, operation: OperationDefinitionNode): ClientRequest {
  return {
    kind: operation.operation,
    name: operation.name?.value ?? null,
    text: payload.query,
    variables: payload.variables ?? {},
  };
}

function withRequestId(error: GraphQLError, requestId: string): GraphQLError {
  return withExtensions(error, { ...error.extensions, requestId });
}

function isOperation(checked: CheckedOperation | readonly GraphQLError[]): checked is CheckedOperation {
  return 'operation' in checked;
}

function tooMany(limit: number): GraphQLError {
  return refusal({
    type: 'rate_limit_error',
    code: 'TOO_MANY_OPERATIONS',
    message: `At most ${String(limit)} operations run over one connection. Complete one, or open another connection.`,
    limit,
  });
}

const notAStream = (): never => {
  throw new Error('A query or mutation was run as a subscription.');
};

const notAQuery = async (): Promise<never> => Promise.reject(new Error('A subscription was run as a query.'));
