import { systemClock } from '#subgraphs/shared/time/clock.ts';

import { InProcessSource } from './in-process.ts';

import type { GatewayDeps, SubgraphSource } from '../types.ts';
import type { Source } from './source.ts';

/** The one place that tells the two kinds apart. */
export async function createSource(
  name: string,
  subgraph: SubgraphSource,
  { log, wall = systemClock }: Pick<GatewayDeps, 'log' | 'wall'>,
): Promise<Source> {
  if (!('url' in subgraph)) return new InProcessSource(name, subgraph, log);
  const { HttpSource } = await import('./http.ts'); // with a client for HTTP that nobody needs in one process
  return new HttpSource(name, subgraph, { log, wall });
}
