import type { WorkerContexts } from '#subgraphs/shared/db/contexts.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import type { Lane } from '#subgraphs/shared/jobs/lane.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';
import { workspacesToReconcile } from './repositories/reconciliations.ts';
import { startReconciliation } from './use-cases/start-reconciliation.ts';

const EVERY_MS = 24 * 3_600_000;
/** Asking is a look at every workspace. */
const LOOK_EVERY_MS = 60_000;

export interface ReconcileLaneDeps {
  readonly contexts: WorkerContexts;
  readonly system: SystemDb;
  readonly wall: Clock;
}

/** Compares ClickHouse with PostgreSQL once a day, workspace by workspace. Wall time. */
export function reconcileLane({ contexts, system, wall }: ReconcileLaneDeps): Lane {
  let nextLook = new Date(0);
  return {
    name: 'reconcile',
    drain: async (workspaceId) => {
      await startReconciliation(await contexts.of(workspaceId, 'reconcile'));
    },
    due: async () => {
      const now = wall.now();
      if (now < nextLook) return [];
      nextLook = new Date(now.getTime() + LOOK_EVERY_MS);
      const workspaces = await workspacesToReconcile(system, new Date(now.getTime() - EVERY_MS));
      return workspaces.map((workspaceId) => ({ workspaceId }));
    },
  };
}
