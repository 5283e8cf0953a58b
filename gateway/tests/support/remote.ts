import { randomBytes } from 'node:crypto';

import { serveSubgraph } from '#subgraphs/shared/server/serve-subgraph.ts';
import { subgraphKey } from '#subgraphs/shared/signed-context/signed-context.ts';
import { systemClock } from '#subgraphs/shared/time/clock.ts';

import type { SubgraphServer, SubgraphServerDeps } from '#subgraphs/shared/server/serve-subgraph.ts';

import type { GatewayLog, RemoteSubgraph } from '../../types.ts';
import type { TestGraph } from './subgraphs.ts';

export const MASTER_KEY = randomBytes(32);

export type SubgraphName = keyof TestGraph['subgraphs'];

/** The test graph's subgraphs, each behind a server of its own. */
export interface RemoteGraph {
  readonly sources: Readonly<Record<SubgraphName, RemoteSubgraph>>;
  readonly servers: Record<SubgraphName, SubgraphServer>;
  stop(name: SubgraphName): Promise<void>;
  /** Another server for the subgraph, at the address of the one that was stopped. */
  start(name: SubgraphName): Promise<void>;
  close(): Promise<void>;
}

export async function serveGraph(
  graph: TestGraph,
  log: GatewayLog,
  overrides: Partial<SubgraphServerDeps> = {},
): Promise<RemoteGraph> {
  const serve = async (name: SubgraphName, port: number): Promise<SubgraphServer> => {
    const server = await serveSubgraph({
      name,
      door: graph.subgraphs[name],
      keys: [subgraphKey(MASTER_KEY, name)],
      wall: systemClock,
      log,
      version: '0.0.0-test',
      drainMs: 2_000,
      ...overrides,
    });
    await server.listen({ port });
    return server;
  };
  const servers = {
    accounts: await serve('accounts', 0),
    billing: await serve('billing', 0),
    recovery: await serve('recovery', 0),
  };
  const source = (name: SubgraphName): RemoteSubgraph => ({
    url: servers[name].url,
    key: subgraphKey(MASTER_KEY, name),
  });
  const remote: RemoteGraph = {
    servers,
    sources: { accounts: source('accounts'), billing: source('billing'), recovery: source('recovery') },
    stop: async (name) => servers[name].close(),
    start: async (name) => {
      servers[name] = await serve(name, Number(new URL(servers[name].url).port));
    },
    close: async () => {
      await Promise.all(Object.values(servers).map(async (server) => server.close()));
    },
  };
  return remote;
}
