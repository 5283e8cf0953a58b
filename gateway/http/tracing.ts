import { context, isSpanContextValid, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

import { contextOf } from '#subgraphs/shared/tracing/trace-parent.ts';

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Context } from '@opentelemetry/api';

const tracer = trace.getTracer('oppulence');

/**
 * A span per request, named by the route's pattern: an address may hold a secret (/pay/:token). A caller that traces (the `traceparent`
 * header) finds us in its trace. Does next to nothing while nobody traces.
 */
export function traceRequests(server: FastifyInstance): void {
  const running = new WeakMap<FastifyRequest, Context>();
  server.addHook('onRequest', (request, _reply, done) => {
    const outer = contextOf(header(request, 'traceparent'));
    const route = request.routeOptions.url ?? 'unmatched';
    const attributes = {
      'http.request.method': request.method,
      'http.route': route,
      'oppulence.request_id': request.id,
    };
    const span = tracer.startSpan(`${request.method} ${route}`, { kind: SpanKind.SERVER, attributes }, outer);
    if (isSpanContextValid(span.spanContext())) running.set(request, trace.setSpan(outer, span));
    done();
  });
  // Entered here and not before: a body is read in callbacks of the socket, which know nothing of the request's context.
  server.addHook('preHandler', (request, _reply, done) => {
    const inside = running.get(request);
    if (inside === undefined) done();
    else context.with(inside, done);
  });
  server.addHook('onResponse', (request, reply, done) => {
    const inside = running.get(request);
    const span = inside && trace.getSpan(inside);
    span?.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
    done();
  });
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
