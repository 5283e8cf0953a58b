import { laneNames, startLanes } from '#workers/runtime.ts';
import { workOf } from '../composition.ts';
import { UsageError } from '../usage-error.ts';
import { serveHealth } from './health-server.ts';
import { runService, type Service, type Served } from './service.ts';

/** @param lanes names separated by commas, or `all`. */
export async function runWorker(lanes: string): Promise<never> {
  return runService('worker', (service) => serveLanes(service, lanes));
}

async function serveLanes({ kernel, product, checks }: Service, lanes: string): Promise<Served> {
  const work = workOf(kernel, product);
  const only = chosen(lanes, laneNames(work));
  if (only !== undefined && kernel.config.redisUrl === null)
    throw new UsageError('Some of the lanes can be served with Redis only: set REDIS_URL, or run `worker all`.');
  const health = await serveHealth(kernel, { checks });
  const workers = startLanes({ ...work, only });
  return {
    url: health.url,
    close: async () => {
      health.closing();
      await workers.close();
      await health.close();
    },
  };
}

function chosen(lanes: string, known: readonly string[]): readonly string[] | undefined {
  if (lanes === 'all') return undefined;
  const names = lanes.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new UsageError(`There is no lane ${unknown.join(', ')}. Lanes: ${known.join(', ')}; or all.`);
  return names;
}
