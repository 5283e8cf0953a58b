import { startDispatching } from '#workers/runtime.ts';
import { workOf } from '../composition.ts';
import { serveHealth } from './health-server.ts';
import { runService, type Service, type Served } from './service.ts';

/** Several may run: one leads, and when it goes another does. */
export async function runDispatcher(): Promise<never> {
  return runService('dispatcher', serveDispatching);
}

async function serveDispatching({ kernel, product, checks }: Service): Promise<Served> {
  const { hard, soft } = checks;
  const health = await serveHealth(kernel, { checks: { hard, soft: { queue: soft.queue } } });
  const dispatching = startDispatching(workOf(kernel, product));
  return {
    url: health.url,
    close: async () => {
      health.closing();
      await dispatching.close();
      await health.close();
    },
  };
}
