import { loadConfig } from '#subgraphs/shared/config/config.ts';
import { createLogger } from '#subgraphs/shared/logging/logger.ts';
import { composeProduct, type Product } from '../composition.ts';
import { announceReady } from '../embedded/child.ts';
import { untilAskedToStop } from '../embedded/signals.ts';
import { connectKernel, type Kernel } from '../kernel.ts';
import { createChecks, type Checks } from './checks.ts';

/** What every process of the distributed shape starts from: the whole product as a library, of which it serves one part. */
export interface Service {
  readonly kernel: Kernel;
  readonly product: Product;
  readonly checks: Checks;
}

export interface Served {
  readonly url: string;
  /** Takes nothing new, finishes what is in flight, and ends. */
  close(): Promise<void>;
}

/** What is in flight may take this long. Orchestrators kill ten seconds after they asked; the rest is for closing connections. */
export const DRAIN_MS = 6_000;
const DRAIN_LIMIT_MS = DRAIN_MS + 2_000;

/**
 * Runs one process until SIGTERM or SIGINT, then drains it and ends with 0. What is not finished in time is left: every row that was
 * claimed is taken up by another process when its lease is over.
 */
export async function runService(name: string, serve: (service: Service) => Promise<Served>): Promise<never> {
  const config = loadConfig({ OPPULENCE_MODE: 'distributed', ...process.env });
  const log = createLogger({ level: config.logLevel, name });
  const asked = Promise.race([untilAskedToStop(), supervisorGone()]);
  let serving = false;
  void asked.then(() => {
    if (!serving) process.exit(0); // nothing was taken yet
  });
  const kernel = await connectKernel(config, log, `oppulence-${name}`);
  const checks = createChecks(kernel);
  const served = await serve({ kernel, product: composeProduct(kernel), checks });
  serving = true;
  log.info({ url: served.url }, `${name} serves`);
  announceReady({ url: served.url });

  const signal = await asked;
  log.info({ signal }, `${name} drains`);
  setTimeout(() => {
    log.warn('not drained in time; what is left is taken up elsewhere');
    process.exit(0);
  }, DRAIN_LIMIT_MS).unref();
  await served.close();
  await checks.close();
  await kernel.close();
  log.info(`${name} ended`);
  process.exit(0);
}

/** Whoever started this process over a channel, and is gone, would leave it behind. */
function supervisorGone(): Promise<'SUPERVISOR_GONE'> {
  return new Promise((resolve) => {
    process.once('disconnect', () => {
      resolve('SUPERVISOR_GONE');
    });
  });
}
