import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { untrustedContext } from '../errors/refusal.ts';
import { DoorOperations } from '../graphql/door-operations.ts';
import { CONTEXT_HEADER, isBodyOf, type VerifiedContext, verifyContext } from '../signed-context/signed-context.ts';
import { inSpan, SpanKind } from '../tracing/span.ts';
import { draining } from './drain.ts';
import { mountHealth } from './health.ts';
import { listenOn } from './listen.ts';
import { createServedSockets } from './served-sockets.ts';
import { DEFAULT_SERVER_LIMITS, type SubgraphServer, type SubgraphServerDeps } from './subgraph-server.ts';

export type { SubgraphServer, SubgraphServerDeps, SubgraphServerLimits } from './subgraph-server.ts';

const DRAIN_MS = 10_000;

/** Longer than a gateway keeps an idle connection (30 seconds): it is never closed under a call that is on its way. */
const KEEP_ALIVE_MS = 65_000;

const fetchSchema = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * A subgraph for gateways in other processes: `POST /graphql`, the same over WebSocket for subscriptions, and health. Whatever is not
 * health, or mounted by `deps.mount`, is refused with 401, unread, unless the gateway signed who calls.
 */
export async function serveSubgraph(deps: SubgraphServerDeps): Promise<SubgraphServer> {
  const limits = { ...DEFAULT_SERVER_LIMITS, ...deps.limits };
  const operations = new DoorOperations(deps.name, deps.door, deps.log);
  const server = createServer();
  const drain = draining(server);
  mountHealth(server, deps, drain.isClosing);
  deps.mount?.(server);
  mountGraphQL(server, deps, operations, limits.bodyBytes);
  const sockets = createServedSockets({ ...deps, limits, operations, isClosing: drain.isClosing });
  server.server.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head));
  await server.ready();

  const closeAll = async (): Promise<void> => {
    const withinMs = deps.drainMs ?? DRAIN_MS;
    drain.begin();
    // Calls are answered all the while.
    await sockets.close(withinMs);
    await drain.finish(withinMs);
  };
  let closed: Promise<void> | null = null;
  let url = '';
  return {
    listen: async ({ port, host = '127.0.0.1' }) => (url = await listenOn(server, { port, host })),
    get url() {
      return url;
    },
    openSockets: () => sockets.open(),
    close: async () => (closed ??= closeAll()),
  };
}

function createServer(): FastifyInstance {
  const server = Fastify({
    logger: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    return503OnClosing: false, // what still arrives is answered, and its connection ended
  });
  server.removeAllContentTypeParsers();
  // The exact bytes: the context was signed for them.
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  return server;
}

function mountGraphQL(
  server: FastifyInstance,
  deps: SubgraphServerDeps,
  operations: DoorOperations,
  bodyLimit: number,
): void {
  const contexts = new WeakMap<FastifyRequest, VerifiedContext>();
  const refuse = (request: FastifyRequest, reply: FastifyReply, reason: string): FastifyReply => {
    deps.log.warn({ reason, subgraph: deps.name, ip: request.ip }, 'a call without a valid context was refused');
    const { message, status, ...extensions } = untrustedContext;
    // What a stranger still sends is not read.
    return reply
      .code(status)
      .header('connection', 'close')
      .send({ errors: [{ message, extensions }] });
  };

  server.route({
    method: 'POST',
    url: '/graphql',
    bodyLimit,
    // Before the body is read: a stranger's is not worth the memory.
    onRequest: async (request, reply) => {
      const { keys, name, wall } = deps;
      const verified = verifyContext(request.headers[CONTEXT_HEADER], { keys, audience: name, now: wall.now() });
      if ('refused' in verified) return refuse(request, reply, verified.refused);
      contexts.set(request, verified);
      return Promise.resolve();
    },
    handler: async (request, reply) => {
      const context = contexts.get(request);
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      if (context === undefined || !isBodyOf(context, body)) return refuse(request, reply, 'OTHER_BODY');
      const { bodyDigest: _bodyDigest, caller, ...about } = context;
      const { query, variables, operationName } = fetchSchema.parse(JSON.parse(body.toString()));
      const fetch = { query, variables: variables ?? {}, operationName: operationName ?? undefined };
      try {
        const { traceparent } = request.headers;
        const span = { name: 'POST /graphql', kind: SpanKind.SERVER, parent: oneOf(traceparent) };
        return await inSpan(span, () => operations.run(fetch, caller, { ...about, signal: signalOf(reply) }));
      } catch (error) {
        deps.log.error({ error, subgraph: deps.name, requestId: context.requestId }, 'a subgraph could not be called');
        return reply.code(500).send({ errors: [{ message: 'The subgraph could not be called.' }] });
      }
    },
  });
  // An address that is none is refused as well, so that a stranger learns nothing of what there is.
  server.setNotFoundHandler((request, reply) => refuse(request, reply, 'NOT_FOUND'));
}

function oneOf(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? header : null;
}

/** Fires when the gateway hangs up before its answer is written. */
function signalOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
