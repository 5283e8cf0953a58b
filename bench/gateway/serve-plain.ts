// Our gateway with nothing in the way of a request: HTTP, Apollo Server, plans, and our calls to subgraphs.   node serve-plain.ts <supergraph.graphql> <port>
// Compares to other gateways as they come, without keys, limits, masking or logs. Calls are signed all the same: there are no others.
import '#gateway/telemetry-off.ts';
import { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify, { type FastifyRequest } from 'fastify';
import { RequestSignal } from '#gateway/client-signal.ts';
import { createSource } from '#gateway/sources/create-source.ts';
import type { RequestScope } from '#gateway/request-scope.ts';
import type { Source } from '#gateway/sources/source.ts';
import { loadSupergraph } from '#gateway/supergraph.ts';
import { createLogger } from '#subgraphs/shared/logging/logger.ts';
import { CALLER, fixtureOf } from './fixture.ts';

const [file = '', port] = process.argv.slice(2);
const { supergraphSdl, subgraphs } = fixtureOf(file);
const log = createLogger({ level: 'warn', name: 'bench' });
const sources = new Map<string, Source>();
for (const [name, subgraph] of Object.entries(subgraphs))
  sources.set(name, await createSource(name, subgraph, { log }));

const { gateway } = loadSupergraph(supergraphSdl, sources, log);
const apollo = new ApolloServer<RequestScope>({ gateway, nodeEnv: 'production' });
await apollo.start();
const context = (request: FastifyRequest): Promise<RequestScope> =>
  Promise.resolve({
    requestId: request.id,
    caller: CALLER,
    headers: {},
    ip: request.ip,
    transport: 'HTTP',
    signal: new RequestSignal(),
  });
const server = Fastify({ logger: false });
server.post('/graphql', fastifyApolloHandler(apollo, { context }));
await server.listen({ port: Number(port), host: '127.0.0.1' });
