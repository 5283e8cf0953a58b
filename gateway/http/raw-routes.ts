import type { FastifyInstance, FastifyRequest } from 'fastify';

import type { HttpRoute } from '#subgraphs/shared/http/route.ts';

/**
 * Mounts routes that need the body's exact bytes (signatures are made over them). They stand apart from GraphQL: no JSON parsing,
 * no limits of operations, each with its own bound on the body.
 */
export async function mountRawRoutes(server: FastifyInstance, routes: readonly HttpRoute[]): Promise<void> {
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    for (const route of routes) mount(scope, route);
    return Promise.resolve();
  });
}

function mount(scope: FastifyInstance, route: HttpRoute): void {
  scope.route({
    method: route.method,
    url: route.path,
    bodyLimit: Math.max(1, route.maxBytes), // Fastify knows no "none"; a GET has no body anyway
    handler: async (request, reply) => {
      const {
        status,
        headers = {},
        body,
      } = await route.handle({
        params: request.params as Record<string, string>,
        get query() {
          return new URLSearchParams(request.url.split('?')[1] ?? '');
        },
        headers: headersOf(request),
        // A request without a body reaches no parser.
        body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        ip: request.ip,
        url: request.url,
        requestId: request.id,
      });
      return reply.code(status).headers(headers).send(body);
    },
  });
}

/** Lower-case names; of a repeated header (only Set-Cookie comes as a list) the values joined. */
export function headersOf({ headers }: Pick<FastifyRequest, 'headers'>): Record<string, string | undefined> {
  const cookies = headers['set-cookie'];
  const single = headers as Record<string, string | undefined>;
  return cookies === undefined ? single : { ...single, 'set-cookie': cookies.join(', ') };
}
