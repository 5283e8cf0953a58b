import type { Actor, UseCaseContext, WorkspaceMode } from './context.ts';
import type { SystemDb } from './system.ts';
import { type ContextDeps, createUseCaseContext } from './use-case-context.ts';

const SYSTEM: Actor = { type: 'SYSTEM', id: 'oppulence', scopes: ['admin:*'] };

/** Contexts for work that no request asked for: consumers, timers, effects, jobs. */
export interface WorkerContexts {
  of(workspaceId: string, causationId: string): Promise<UseCaseContext>;
}

export function createWorkerContexts(deps: ContextDeps & { system: SystemDb }): WorkerContexts {
  // A workspace's mode never changes, so it is asked for once.
  const modes = new Map<string, WorkspaceMode>();
  return {
    of: async (workspaceId, causationId) => {
      let mode = modes.get(workspaceId);
      if (mode === undefined) {
        const [clock] = await deps.system.query<{ mode: WorkspaceMode }>(
          'SELECT mode FROM kernel.workspace_clock WHERE workspace_id = $1',
          [workspaceId],
        );
        if (!clock) throw new Error(`Workspace ${workspaceId} has no clock`);
        mode = clock.mode;
        modes.set(workspaceId, mode);
      }
      return createUseCaseContext(deps, { workspaceId, mode, actor: SYSTEM, requestId: causationId, causationId });
    },
  };
}
