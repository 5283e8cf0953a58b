import './telemetry-off.ts';

import Fastify from 'fastify';

import { draining } from '#subgraphs/shared/server/drain.ts';
import { mountHealth } from '#subgraphs/shared/server/health.ts';
import { listenOn } from '#subgraphs/shared/server/listen.ts';

import { errorHandler, malformedHost, sendRefusal } from './http/errors.ts';
import { mountGraphQL } from './http/graphql-route.ts';
import { measureRequests } from './http/measure.ts';
import { mountLanding, mountNotFound } from './http/pages.ts';
import { mountRawRoutes } from './http/raw-routes.ts';
import { requestIdOf } from './http/request-id.ts';
import { addSecurityHeaders } from './http/security-headers.ts';
import { traceRequests } from './http/tracing.ts';
import { limitsFrom } from './limits.ts';
import { Generations } from './generations.ts';
import { createPlayground } from './playground.ts';
import { createSockets } from './subscriptions/sockets.ts';
import { createSource } from './sources/create-source.ts';

import type { FastifyInstance } from 'fastify';

import type { Collector } from '#subgraphs/shared/metrics/metrics.ts';

import type { Source } from './sources/source.ts';
import type { Sockets } from './subscriptions/sockets.ts';
import type { Gateway, GatewayDeps, ReadinessCheck } from './types.ts';

export type * from './types.ts';

const DRAIN_MS = 10_000;

/**
 * The one door to the graph: GraphQL over HTTP and WebSocket, the playground, raw routes and health, on one port.
 * Rejects when the supergraph can't be loaded, names a subgraph without a source, or two routes collide.
 */
export async function createGateway(deps: GatewayDeps): Promise<Gateway> {
  const limits = limitsFrom(deps.limits);
  const sources = new Map<string, Source>();
  for (const [name, subgraph] of Object.entries(deps.subgraphs))
    sources.set(name, await createSource(name, subgraph, deps));
  const generations = await Generations.begin({ deps, limits, sources });

  const server = createHttpServer(deps);
  const drain = draining(server);
  const playground = deps.playground ? createPlayground() : null;
  mountGraphQL(server, generations, deps, limits, playground);
  playground?.mount(server);
  mountHealth(
    server,
    {
      ...deps,
      softChecks: { ...deps.softChecks, ...subgraphChecks(deps, sources) },
      warnings: generations.warnings,
    },
    drain.isClosing,
  );
  mountLanding(server, deps);
  mountNotFound(server, deps);
  await mountRawRoutes(server, deps.routes ?? []);
  const sockets = await createSockets({ deps, limits, generations });
  server.server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head));
  await server.ready();
  deps.metrics?.collect(socketCollector(sockets));

  const closeAll = async (): Promise<void> => {
    drain.begin();
    await sockets.close(deps.drainMs ?? DRAIN_MS);
    await drain.finish(deps.drainMs ?? DRAIN_MS);
    await generations.close();
    await Promise.all([...sources.values()].map(async (source) => source.close()));
  };
  let closed: Promise<void> | null = null;
  let url = '';
  const gateway: Gateway = {
    listen: async ({ port, host = '127.0.0.1' }) => (url = await listenOn(server, { port, host })),
    get url() {
      return url;
    },
    openSockets: () => sockets.open(),
    swapSupergraph: async (supergraphSdl) => generations.swap(supergraphSdl),
    close: async () => (closed ??= closeAll()),
  };
  return gateway;
}

function socketCollector(sockets: Sockets): Collector {
  return {
    name: 'sockets',
    gauges: ['subscription_sockets', 'subscription_streams'],
    read: (set) => {
      const { connections, streams } = sockets.open();
      set('subscription_sockets', {}, connections);
      set('subscription_streams', {}, streams);
    },
  };
}

/** Of subgraphs in other processes. Soft: while one is away, the others still answer. */
function subgraphChecks(deps: GatewayDeps, sources: ReadonlyMap<string, Source>): Record<string, ReadinessCheck> {
  const remote = [...sources].filter(([name]) => 'url' in (deps.subgraphs[name] ?? {}));
  return Object.fromEntries(remote.map(([name, source]) => [`subgraph ${name}`, async () => source.ready()]));
}

function createHttpServer(deps: GatewayDeps): FastifyInstance {
  const onError = errorHandler(deps.log);
  const server = Fastify({
    logger: false,
    genReqId: requestIdOf,
    routerOptions: { maxParamLength: 512 },
    return503OnClosing: false, // what still arrives is answered, and its connection ended

    // What the router cannot read never reaches the error handler.
    frameworkErrors: (error, request, reply) => void onError(error, request, reply),
  });
  // Only JSON is read; text/plain would let a form of another site send operations.
  server.removeContentTypeParser('text/plain');
  server.setErrorHandler(onError);
  let goodHost = '';
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    const { host } = request;
    // Addresses are built from it further in, where one that is none would look like a fault of ours. It hardly ever changes.
    if (host === goodHost || URL.canParse(`http://${host}/`)) {
      goodHost = host;
      done();
    } else void sendRefusal(request, reply, malformedHost);
  });
  server.addHook('onResponse', (request, reply, done) => {
    // The route's pattern, not its address: an address may hold a secret (/pay/:token).
    const fields = {
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    };
    deps.log.info(fields, 'request');
    done();
  });
  traceRequests(server);
  if (deps.metrics !== undefined) measureRequests(server, deps.metrics);
  addSecurityHeaders(server);
  return server;
}
