import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Config } from '#subgraphs/shared/config/config.ts';
import { createLogger } from '#subgraphs/shared/logging/logger.ts';
import { startWorkers, type WorkerRuntime } from '#workers/runtime.ts';
import { composeProduct, workOf } from '../composition.ts';
import { spawnChild } from '../embedded/children.ts';
import { connectKernel } from '../kernel.ts';
import { createWebServer } from '../web-server.ts';
import { startDistributedStack } from './distributed-stack.ts';
import { environmentOf, layFoundation } from './foundation.ts';
import { type Stack, stackOver, type StackOptions } from './stack-over.ts';

export { eventually, jobDone, travel } from './stack-over.ts';
export type { Shop, Stack, StackOptions } from './stack-over.ts';

/** The worker as a child process, under the same supervision as in `dev`. Only its first life is armed. */
async function workerProcess(
  config: Config,
  { crashpoint, module }: NonNullable<StackOptions['worker']>,
): Promise<WorkerRuntime & { restarts(): number }> {
  let starts = 0;
  const environment = environmentOf(config);
  const child = await spawnChild({
    name: 'worker',
    module,
    env: () =>
      starts++ === 0
        ? { ...environment, OPPULENCE_TEST_CRASHPOINTS: 'true', OPPULENCE_CRASHPOINT: crashpoint }
        : environment,
    logFile: path.join(tmpdir(), `oppulence-test-worker-${String(config.port)}.log`),
  });
  return { restarts: () => child.restarts, close: () => child.stop() };
}

/** What `startStack` starts. */
export const SHAPE = process.env['OPPULENCE_TEST_SHAPE'] === 'distributed' ? 'distributed' : 'embedded';

/**
 * The whole product. Embedded as in `dev`, unless OPPULENCE_TEST_SHAPE says `distributed`: then every part is a process of its own, on
 * Redis and behind PgBouncer, and the same scenarios are played there.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  if (SHAPE === 'distributed') return startDistributedStack(options);
  const foundation = await layFoundation(options.config);
  const { config } = foundation;
  const kernel = await connectKernel(config, createLogger({ level: config.logLevel, name: 'test' }));
  const product = composeProduct(kernel);
  const workers: WorkerRuntime & { restarts?(): number } = options.worker
    ? await workerProcess(config, options.worker)
    : startWorkers(workOf(kernel, product));
  const gateway = await createWebServer(kernel, product);
  await gateway.listen({ port: config.port, host: config.host });
  return stackOver(foundation, {
    kernel,
    product,
    openStreams: () => gateway.openSockets().streams,
    workerRestarts: () => workers.restarts?.() ?? 0,
    close: async () => {
      await gateway.close();
      await workers.close();
      await kernel.close();
    },
  });
}
