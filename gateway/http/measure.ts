import type { FastifyInstance } from 'fastify';

import type { Metrics } from '#subgraphs/shared/metrics/metrics.ts';

const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS'] as const;
type Method = (typeof METHODS)[number] | 'other';

/** Counts and times every answer, by the route's pattern. */
export function measureRequests(server: FastifyInstance, metrics: Metrics): void {
  server.addHook('onResponse', (request, reply, done) => {
    const method: Method = METHODS.find((known) => known === request.method) ?? 'other';
    const route = request.routeOptions.url ?? '/unmatched';
    metrics.count('http_requests_total', { method, route, status: String(reply.statusCode) });
    metrics.observe('http_request_duration_seconds', { method, route }, reply.elapsedTime / 1_000);
    done();
  });
}
