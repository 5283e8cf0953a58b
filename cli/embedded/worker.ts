import { loadConfig } from '#subgraphs/shared/config/config.ts';
import { createLogger } from '#subgraphs/shared/logging/logger.ts';
import { startWorkers } from '#workers/runtime.ts';
import { composeProduct, workOf } from '../composition.ts';
import { connectKernel } from '../kernel.ts';
import { createChecks } from '../run/checks.ts';
import { serveHealth } from '../run/health-server.ts';
import { collectAtRest } from './at-rest.ts';
import { announceReady, endWithParent, environmentKnown } from './child.ts';

await environmentKnown();
const config = loadConfig();
const log = createLogger({ level: config.logLevel, name: 'worker' });
const kernel = await connectKernel(config, log, 'oppulence-worker');
const workers = startWorkers(workOf(kernel, composeProduct(kernel)));
const checks = createChecks(kernel);
// Without a port to be given: whichever is free, for this machine alone.
const health = await serveHealth(kernel, { checks, at: { port: 0, host: '127.0.0.1' } });

endWithParent(async () => {
  health.closing();
  await workers.close();
  await health.close();
  await checks.close();
  await kernel.close();
});
announceReady({ url: health.url });
collectAtRest();
