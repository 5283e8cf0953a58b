import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Config } from '#subgraphs/shared/config/config.ts';
import { createLogger } from '#subgraphs/shared/logging/logger.ts';
import { composeProduct } from '../composition.ts';
import { freePort } from '../embedded/processes.ts';
import { connectKernel } from '../kernel.ts';
import { type Engine, startPgBouncer, startRedis } from './engines.ts';
import { environmentOf, layFoundation } from './foundation.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';
import { type Stack, stackOver, type StackOptions } from './stack-over.ts';

export const SUBGRAPHS = ['platform', 'accounts', 'billing', 'recovery', 'analytics'] as const;

/** The stack as services: each part a process, wake-ups and bus on Redis, the two roles behind PgBouncer in transaction mode. */
export interface DistributedStack extends Stack {
  readonly redis: Engine;
  /** By what stands behind `oppulence run`: `gateway`, `subgraph billing`, `dispatcher`. */
  service(name: string): ServiceProcess;
  readonly services: readonly ServiceProcess[];
  /** Everything that the processes wrote, for a test that failed. */
  readonly logFile: string;
}

/** What does the work that nobody asks for. */
export const WORKERS = [
  ['worker', 'inbox,consume,timers'],
  ['worker', 'effects,jobs,clocks,ship,sync,reconcile,retention'],
  ['dispatcher'],
] as const;

export async function startDistributedStack(options: StackOptions = {}): Promise<DistributedStack> {
  const engines: Engine[] = [];
  const keep = (engine: Engine): Engine => {
    engines.push(engine);
    return engine;
  };
  const redis = keep(await startRedis());
  const foundation = await layFoundation(async (plain) => {
    const bouncer = keep(await startPgBouncer(plain.databaseUrl));
    const throughBouncer = (url: string): string => withPort(url, new URL(bouncer.url).port);
    const config: Config = {
      ...plain,
      mode: 'distributed',
      logLevel: 'silent',
      databaseUrl: throughBouncer(plain.databaseUrl),
      preparedStatements: false,
      systemDatabaseUrl: throughBouncer(plain.systemDatabaseUrl),
      redisUrl: redis.url,
      subgraphUrls: Object.fromEntries(
        await Promise.all(SUBGRAPHS.map(async (name) => [name, await freeUrl()] as const)),
      ),
    };
    return options.config?.(config) ?? config;
  });
  const { config } = foundation;
  const logs = mkdtempSync(path.join(tmpdir(), 'oppulence-services-'));
  const logFile = path.join(logs, 'services.log');
  const services = await startAll(config, logFile, options.worker?.crashpoint);
  const kernel = await connectKernel(config, createLogger({ level: 'silent', name: 'test' }));
  const service = (name: string): ServiceProcess => {
    const found = services.find((candidate) => candidate.name === name);
    if (!found) throw new Error(`There is no service ${name}: ${services.map((each) => each.name).join(', ')}`);
    return found;
  };
  const workers = WORKERS.map((command) => service(command.join(' ')));
  const stack = stackOver(foundation, {
    kernel,
    product: composeProduct(kernel),
    openStreams: () => null,
    workerRestarts: () => workers.reduce((sum, worker) => sum + worker.restarts, 0),
    close: async () => {
      await Promise.all(services.map((each) => each.stop()));
      await kernel.close();
      for (const engine of engines) await engine.stop();
      tellErrors(logFile);
      rmSync(logs, { recursive: true, force: true });
    },
  });
  return { ...stack, redis, services, service, logFile };
}

/** Everything at once: whoever is asked before it listens is asked again. */
async function startAll(config: Config, logFile: string, crashpoint: string | undefined): Promise<ServiceProcess[]> {
  const env = environmentOf(config);
  const own = { ...env, PORT: '0' };
  const urls = Object.entries(config.subgraphUrls);
  const armed =
    crashpoint === undefined ? {} : { OPPULENCE_TEST_CRASHPOINTS: 'true', OPPULENCE_CRASHPOINT: crashpoint };
  const gateway = { ...env, SUBGRAPH_URLS: urls.map((pair) => pair.join('=')).join(',') };
  const starting = await Promise.allSettled([
    ...urls.map(([name, url]) =>
      startServiceProcess({ command: ['subgraph', name], env: { ...env, PORT: new URL(url).port }, logFile }),
    ),
    startServiceProcess({ command: ['gateway'], env: gateway, logFile }),
    // Between them they serve every lane, and no lane twice: a wake-up that goes astray would be noticed.
    ...WORKERS.map((command) => startServiceProcess({ command, env: own, firstLife: armed, logFile })),
  ]);
  const started = starting.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = starting.find((each) => each.status === 'rejected');
  if (!failed) return started;
  await Promise.all(started.map((each) => each.stop()));
  throw new Error(readFileSync(logFile, 'utf8').slice(-2_000), { cause: failed.reason });
}

/** What went wrong in another process is not seen in a failed expectation. */
function tellErrors(logFile: string): void {
  const errors = readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => /"level":"(error|fatal)"|^\w*Error/.test(line));
  if (errors.length > 0) process.stderr.write(`${errors.slice(0, 20).join('\n')}\n`);
}

const freeUrl = async (): Promise<string> => `http://127.0.0.1:${String(await freePort())}`;

function withPort(address: string, port: string): string {
  const url = new URL(address);
  url.port = port;
  return url.href;
}
