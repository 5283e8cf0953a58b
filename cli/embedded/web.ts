import { loadConfig } from '#subgraphs/shared/config/config.ts';
import { createLogger } from '#subgraphs/shared/logging/logger.ts';
import { composeProduct } from '../composition.ts';
import { connectKernel } from '../kernel.ts';
import { createWebServer } from '../web-server.ts';
import { collectAtRest } from './at-rest.ts';
import { announceReady, endWithParent, environmentKnown } from './child.ts';

await environmentKnown();
const config = loadConfig();
const log = createLogger({ level: config.logLevel, name: 'web' });
const kernel = await connectKernel(config, log, 'oppulence-web');
const gateway = await createWebServer(kernel, composeProduct(kernel));

endWithParent(async () => {
  await gateway.close();
  await kernel.close();
});
const url = await gateway.listen({ port: config.port, host: config.host });
announceReady({ url, port: config.port });
collectAtRest();
