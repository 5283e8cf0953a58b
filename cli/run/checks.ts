import { createQueueProbe } from '#subgraphs/shared/queue/probe.ts';
import type { ReadinessCheck } from '#subgraphs/shared/server/health.ts';
import type { Kernel } from '../kernel.ts';

/** Whether what a process needs is there, by name. */
export interface Checks {
  /** Without it nothing can be done. */
  readonly hard: { readonly postgres: ReadinessCheck };
  /** Without these the process still does most of its work. */
  readonly soft: { readonly queue: ReadinessCheck; readonly clickhouse: ReadinessCheck };
  close(): Promise<void>;
}

export function createChecks({ system, contextDeps, clickhouse, queue }: Kernel): Checks {
  const probe = createQueueProbe(queue);
  return {
    hard: {
      postgres: async () => {
        // With both roles: one may be out of connections, or of rights, while the other is not.
        await Promise.all([system.query('SELECT 1'), contextDeps.database.prisma.$queryRaw`SELECT 1`]);
      },
    },
    soft: {
      queue: () => probe.check(),
      clickhouse: async () => {
        if (!(await clickhouse.ping())) throw new Error('ClickHouse does not answer');
      },
    },
    close: () => probe.close(),
  };
}
