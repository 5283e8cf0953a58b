/** Hangs the operations into fastify: keys, forms, request ids, Stripe's headers and error bodies. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import { actFor } from '../connect/act-for.ts';
import { OLDER_VERSION } from '../shapes/older-shape.ts';
import { letters } from '../store/ids.ts';
import { API_VERSION } from '../store/record-event.ts';
import type { Scope } from '../store/unit-of-work.ts';
import { provision, scopeOfHeader } from './authenticate.ts';
import { invalid, StripeError, unknownUrl } from './errors.ts';
import type { Operation } from './operation.ts';
import { parseForm } from './parameters.ts';
import { errorText, runOperation } from './run-operation.ts';
import type { Trouble } from './trouble.ts';

export interface ApiDeps {
  readonly pool: Pool;
  readonly publicUrl: () => string;
  readonly trouble: Trouble;
  /** Called after a request that may have left work for the background. */
  readonly afterWrite: () => void;
}

export function addApiRoutes(app: FastifyInstance, operations: readonly Operation[], deps: ApiDeps): void {
  for (const operation of operations) {
    app.route({
      method: operation.method,
      url: operation.path,
      handler: (request, reply) => answer(operation, request, reply, deps),
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const requestId = startReply(request, reply);
    return fail(reply, requestId, refusalOf(request));
  });
}

/** Without a valid key nobody is told which URLs exist. */
function refusalOf(request: FastifyRequest): StripeError {
  try {
    scopeOfHeader(request.headers.authorization);
  } catch (error) {
    if (error instanceof StripeError) return error;
    throw error;
  }
  return unknownUrl(request.method, request.url.split('?')[0] ?? '');
}

async function answer(
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ApiDeps,
): Promise<FastifyReply> {
  const requestId = startReply(request, reply);
  try {
    const own = scopeOfHeader(request.headers.authorization);
    const scope: Scope = await actFor(deps.pool, own, headerOf(request, 'stripe-account'));
    deps.trouble.meet(scope);
    await provision(deps.pool, scope.account);
    const rawBody = bodyOf(request);
    const idempotencyKey = headerOf(request, 'idempotency-key');
    const result = await runOperation(
      deps.pool,
      operation,
      {
        scope,
        requestId,
        idempotencyKey,
        older: headerOf(request, 'stripe-version') === OLDER_VERSION,
        rawBody,
        path: request.url,
        id: idOf(request.params),
        parameters: { ...parseForm(request.url.split('?')[1] ?? ''), ...parseForm(rawBody) },
      },
      deps.publicUrl(),
    );
    if (operation.method !== 'GET') deps.afterWrite();
    if (idempotencyKey && operation.method === 'POST')
      void reply
        .header('Idempotency-Key', idempotencyKey)
        .header('Original-Request', result.originalRequest ?? requestId);
    if (result.replayed) void reply.header('Idempotent-Replayed', 'true');
    return await reply.status(result.status).send(result.body);
  } catch (error) {
    if (error instanceof StripeError) return fail(reply, requestId, error);
    request.log.error(error);
    return fail(reply, requestId, new StripeError(500, { type: 'api_error', message: 'An unknown error occurred' }));
  }
}

function startReply(request: FastifyRequest, reply: FastifyReply): string {
  const requestId = `req_${letters(14)}`;
  void reply
    .header('Request-Id', requestId)
    .header('Stripe-Version', headerOf(request, 'stripe-version') ?? API_VERSION)
    .type('application/json');
  return requestId;
}

function fail(reply: FastifyReply, requestId: string, error: StripeError): FastifyReply {
  if (error.status === 409) void reply.header('Stripe-Should-Retry', 'true');
  return reply.headers(error.headers).status(error.status).send(errorText(error.body, requestId));
}

function bodyOf(request: FastifyRequest): string {
  if (typeof request.body === 'string') return request.body;
  if (request.body === undefined || request.body === null) return '';
  throw invalid(
    'Invalid request: send parameters as application/x-www-form-urlencoded. Check that your POST content type is application/x-www-form-urlencoded.',
  );
}

function headerOf(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function idOf(params: unknown): string {
  const id: unknown = typeof params === 'object' && params !== null ? Reflect.get(params, 'id') : undefined;
  return typeof id === 'string' ? id : '';
}
