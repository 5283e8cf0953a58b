import { fastifyApolloHandler } from '@as-integrations/fastify';

import { authenticateRequest, anonymousRefusal, isAnonymous } from '../authentication.ts';
import { RequestSignal } from '../client-signal.ts';
import { signed } from '../plugins/error-masking.ts';
import { sendRefusal } from './errors.ts';
import { wantsHtml } from './pages.ts';
import { headersOf } from './raw-routes.ts';

import type { ApolloServer } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { FormattedExecutionResult } from 'graphql';

import type { ClientSignal } from '../client-signal.ts';
import type { Generations } from '../generations.ts';
import type { Playground } from '../playground.ts';
import type { RequestScope } from '../request-scope.ts';
import type { GatewayDeps, GatewayLimits } from '../types.ts';

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** `POST /graphql` (and GET for queries with a preflight header); a browser that opens the address gets the playground. */
export function mountGraphQL(
  server: FastifyInstance,
  generations: Generations,
  deps: GatewayDeps,
  limits: GatewayLimits,
  playground: Playground | null,
): void {
  const scopes = new WeakMap<object, RequestScope>();
  const contextOf = async (request: object): Promise<RequestScope> => {
    const scope = scopes.get(request);
    if (scope === undefined) throw new Error('A request reached Apollo Server without being authenticated.');
    return Promise.resolve(scope);
  };
  const handlers = new WeakMap<ApolloServer<RequestScope>, Handler>();
  const handlerOf = (apollo: ApolloServer<RequestScope>): Handler => {
    const known = handlers.get(apollo);
    if (known !== undefined) return known;
    // Its type fixes the route's reply to a string, which a route that may also answer a page is not.
    const made = fastifyApolloHandler(apollo, { context: contextOf }) as unknown as Handler;
    handlers.set(apollo, made);
    return made;
  };

  server.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    bodyLimit: limits.bodyBytes,
    handler: async (request, reply) => {
      if (playground !== null && request.method === 'GET' && wantsHtml(request)) return playground.send(request, reply);
      const headers = headersOf(request);
      const authentication = await authenticateRequest(deps, headers['authorization'], headers);
      if ('refused' in authentication) return sendRefusal(request, reply, authentication.refused);
      const { caller } = authentication;
      // Without introspection there is nothing for an unknown caller, so not even the document is parsed.
      if (isAnonymous(caller) && !deps.introspection) return sendRefusal(request, reply, anonymousRefusal);
      scopes.set(request, {
        requestId: request.id,
        caller,
        headers,
        ip: request.ip,
        transport: 'HTTP',
        signal: signalOf(reply),
      });
      const body = await generations.current().run(async (apollo) => handlerOf(apollo)(request, reply));
      return reply.statusCode >= 400 && typeof body === 'string' ? withRequestId(body, request.id) : body;
    },
  });
}

/** Fires when the client hangs up before its answer is written. */
function signalOf(reply: FastifyReply): ClientSignal {
  const signal = new RequestSignal();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) signal.abort();
  });
  return signal;
}

/** Apollo Server refuses some requests (CSRF, no query) before any plugin runs, which is where errors otherwise get their request id. */
function withRequestId(body: string, requestId: string): string {
  const result = JSON.parse(body) as FormattedExecutionResult;
  if (result.errors === undefined) return body;
  return JSON.stringify({
    ...result,
    errors: result.errors.map((error) =>
      error.extensions?.['requestId'] === undefined ? signed(error, requestId) : error,
    ),
  });
}
