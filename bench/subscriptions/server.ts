import { isObjectType } from 'graphql';
import { composeProduct, type Product } from '#cli/composition.ts';
import { connectKernel } from '#cli/kernel.ts';
import { createWebServer } from '#cli/web-server.ts';
import type { Config } from '#subgraphs/shared/config/config.ts';
import { createLogger } from '#subgraphs/shared/logging/logger.ts';
import { answerParent } from './child.ts';

export type ServerRequest =
  | { readonly kind: 'start'; readonly config: Omit<Config, 'masterKey'>; readonly masterKey: string }
  | { readonly kind: 'look' };

export interface ServerState {
  readonly rss: number;
  readonly heap: number;
  /** Processor time of the process since its start. */
  readonly cpuMs: number;
  readonly sources: number;
  readonly streams: number;
  /** How often an event was carried out by its subgraph, and entities were fetched from another. */
  readonly executions: number;
  readonly entityFetches: number;
}

const counts = { executions: 0, entityFetches: 0 };
let look: () => { sources: number; streams: number } = () => ({ sources: 0, streams: 0 });

answerParent(async (request: ServerRequest) => {
  if (request.kind === 'start') {
    const log = createLogger({ level: 'silent', name: 'bench' });
    const kernel = await connectKernel({ ...request.config, masterKey: Buffer.from(request.masterKey, 'base64') }, log);
    const product = composeProduct(kernel);
    count(product, 'recovery', 'RecoveryEvent', 'type', () => (counts.executions += 1));
    count(product, 'billing', 'Query', '_entities', () => (counts.entityFetches += 1));
    const gateway = await createWebServer(kernel, product);
    look = () => gateway.openSockets();
    return gateway.listen({ port: 0 });
  }
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return { rss, heap: heapUsed, cpuMs: (user + system) / 1_000, ...look(), ...counts } satisfies ServerState;
});

function count(product: Product, subgraph: string, typeName: string, fieldName: string, onCall: () => void): void {
  const type = product.subgraphs.find(({ name }) => name === subgraph)?.schema.getType(typeName);
  const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
  const resolve = field?.resolve;
  if (field === undefined || resolve === undefined)
    throw new Error(`There is no ${typeName}.${fieldName} in ${subgraph}.`);
  field.resolve = (...args): unknown => {
    onCall();
    return resolve(...args);
  };
}
