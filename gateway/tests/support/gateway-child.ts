import { startGateway } from './gateway.ts';

import type { RemoteSubgraph } from '../../types.ts';

/** What the process is asked for; each is answered with a number or a text. */
export type Request =
  | {
      readonly kind: 'start';
      readonly port: number;
      /** Subgraphs in another process, their keys in base64; without them the test graph runs in this one. */
      readonly subgraphs?: Readonly<Record<string, { readonly url: string; readonly key: string }>>;
    }
  | { readonly kind: 'publish'; readonly count: number }
  | { readonly kind: 'heap' };

let gateway: Awaited<ReturnType<typeof startGateway>> | undefined;

async function answer(request: Request): Promise<string | number> {
  if (request.kind === 'start') {
    gateway = await startGateway(request.subgraphs === undefined ? {} : { subgraphs: remote(request.subgraphs) }, {
      port: request.port,
    });
    return gateway.url;
  }
  if (request.kind === 'publish') {
    gateway?.graph.events.publish(...Array.from({ length: request.count }, () => 'inv_1'));
    return request.count;
  }
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function remote(
  subgraphs: Readonly<Record<string, { readonly url: string; readonly key: string }>>,
): Record<string, RemoteSubgraph> {
  return Object.fromEntries(
    Object.entries(subgraphs).map(([name, { url, key }]) => [name, { url, key: Buffer.from(key, 'base64') }]),
  );
}

process.on('message', (request: Request) => {
  void answer(request).then((told) => process.send?.(told));
});
// Whoever started it has gone.
process.on('disconnect', () => process.exit(0));
