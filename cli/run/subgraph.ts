import { serveSubgraph } from '#subgraphs/shared/server/serve-subgraph.ts';
import { subgraphKey } from '#subgraphs/shared/signed-context/signed-context.ts';
import { doorOf } from '../doors.ts';
import { mountMetrics } from '../metrics.ts';
import { UsageError } from '../usage-error.ts';
import { VERSION } from '../version.ts';
import { DRAIN_MS, runService, type Served, type Service } from './service.ts';

/** One part of the graph. Who calls comes signed from a gateway; nobody else is let in. */
export async function runSubgraph(name: string): Promise<never> {
  return runService(name, (service) => serveOne(service, name));
}

async function serveOne({ kernel, product, checks }: Service, name: string): Promise<Served> {
  const { config, contextDeps, log } = kernel;
  const subgraph = product.subgraphs.find((candidate) => candidate.name === name);
  if (!subgraph)
    throw new UsageError(
      `There is no subgraph ${name}. Subgraphs: ${product.subgraphs.map((each) => each.name).join(', ')}.`,
    );
  const server = await serveSubgraph({
    name,
    door: doorOf(kernel, subgraph),
    keys: [subgraphKey(config.masterKey, name)],
    wall: contextDeps.wall,
    log,
    version: VERSION,
    checks: checks.hard,
    softChecks: checks.soft,
    mount: (server) => {
      mountMetrics(server, kernel);
    },
    drainMs: DRAIN_MS,
  });
  const url = await server.listen({ port: config.port, host: config.host });
  return { url, close: () => server.close() };
}
