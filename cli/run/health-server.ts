import Fastify from 'fastify';
import { mountHealth, type ReadinessCheck } from '#subgraphs/shared/server/health.ts';
import type { Kernel } from '../kernel.ts';
import { mountMetrics } from '../metrics.ts';
import { VERSION } from '../version.ts';

export interface HealthServer {
  readonly url: string;
  /** From now on `/health/ready` answers 503 `closing`. */
  closing(): void;
  close(): Promise<void>;
}

export interface HealthServerOptions {
  /** Without what such a process can do nothing, and without what it still does most of its work. */
  readonly checks: Readonly<Record<'hard' | 'soft', Readonly<Record<string, ReadinessCheck>>>>;
  /** Where it listens; where the configuration says unless given. */
  readonly at?: { readonly port: number; readonly host: string };
}

/** The port of a process that serves nobody: whether it lives, whether what it needs is there, and its metrics. */
export async function serveHealth(kernel: Kernel, { checks, at }: HealthServerOptions): Promise<HealthServer> {
  const { port, host } = at ?? kernel.config;
  let isClosing = false;
  const server = Fastify({ logger: false, forceCloseConnections: true });
  const health = { version: VERSION, log: kernel.log, checks: checks.hard, softChecks: checks.soft };
  mountHealth(server, health, () => isClosing);
  mountMetrics(server, kernel, host);
  const url = await server.listen({ port, host });
  return {
    url,
    closing: () => {
      isClosing = true;
    },
    close: () => server.close(),
  };
}
