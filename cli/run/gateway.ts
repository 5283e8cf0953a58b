import { readFileSync } from 'node:fs';
import type { RemoteSubgraph } from '#gateway/server.ts';
import { followSupergraphFile } from '#gateway/supergraph-file.ts';
import { ConfigError } from '#subgraphs/shared/config/config-error.ts';
import { subgraphKey } from '#subgraphs/shared/signed-context/signed-context.ts';
import { gatewayOver } from '../web-server.ts';
import { DRAIN_MS, runService, type Served, type Service } from './service.ts';

/** Subgraphs are called where SUBGRAPH_URLS says; who calls is found out here, and webhooks and the pay page are served here. */
export async function runGateway(): Promise<never> {
  return runService('gateway', serveGateway);
}

async function serveGateway({ kernel, product, checks }: Service): Promise<Served> {
  const { config, log } = kernel;
  const { supergraphFile: file } = config;
  const subgraphs = remoteSubgraphs(
    product.subgraphs.map(({ name }) => name),
    config,
  );
  const gateway = await gatewayOver(kernel, product, {
    subgraphs,
    checks: checks.hard,
    softChecks: checks.soft,
    drainMs: DRAIN_MS,
    ...(file === null ? {} : { supergraphSdl: readFileSync(file, 'utf8') }),
  });
  const followed = file === null ? null : followSupergraphFile({ file, gateway, log });
  const url = await gateway.listen({ port: config.port, host: config.host });
  return {
    url,
    close: async () => {
      await followed?.close();
      await gateway.close();
    },
  };
}

/** @throws {ConfigError} that names every subgraph without an address, and every address without a subgraph. */
function remoteSubgraphs(
  names: readonly string[],
  { subgraphUrls, masterKey }: { subgraphUrls: Readonly<Record<string, string>>; masterKey: Buffer },
): Record<string, RemoteSubgraph> {
  const missing = names.filter((name) => subgraphUrls[name] === undefined);
  const unknown = Object.keys(subgraphUrls).filter((name) => !names.includes(name));
  const wrong = [
    ...(missing.length > 0 ? [`has no address for ${missing.join(', ')}`] : []),
    ...(unknown.length > 0 ? [`names ${unknown.join(', ')}, and there is no such subgraph`] : []),
  ];
  if (wrong.length > 0) {
    const message = `${wrong.join('; it ')}. Set it to name=url pairs: ${names.map((name) => `${name}=http://…`).join(',')}`;
    throw new ConfigError([{ variable: 'SUBGRAPH_URLS', message }], { SUBGRAPH_URLS: '' });
  }
  return Object.fromEntries(
    names.map((name) => [name, { url: subgraphUrls[name] ?? '', key: subgraphKey(masterKey, name) }]),
  );
}
