import type { FastifyInstance } from 'fastify';
import type { HttpRoute } from '#subgraphs/shared/http/route.ts';
import { metricsAccess, metricsRoute } from '#subgraphs/shared/metrics/route.ts';
import type { Kernel } from './kernel.ts';

/** `/metrics` of a process that listens on `host`. */
export function metricsOf({ metrics, config }: Pick<Kernel, 'metrics' | 'config'>, host = config.host): HttpRoute {
  return metricsRoute(metrics, metricsAccess({ token: config.metricsToken, host }));
}

/** The same for a server that mounts no routes of the product: of a worker, a dispatcher, a subgraph. */
export function mountMetrics(
  server: FastifyInstance,
  kernel: Pick<Kernel, 'metrics' | 'config'>,
  host = kernel.config.host,
): void {
  const route = metricsOf(kernel, host);
  server.get(route.path, async (request, reply) => {
    const { authorization } = request.headers;
    const {
      status,
      headers = {},
      body,
    } = await route.handle({
      params: {},
      query: new URLSearchParams(),
      headers: { authorization },
      body: Buffer.alloc(0),
      ip: request.ip,
      url: request.url,
      requestId: request.id,
    });
    return reply.code(status).headers(headers).send(body);
  });
}
