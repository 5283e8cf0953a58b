import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { BUILTIN_WORKFLOW_KEY, BUILTIN_WORKFLOW_NAME, BUILTIN_WORKFLOW_V1 } from '../domain/builtin-workflow.ts';
import { ensureVersion, ensureWorkflow, newestVersionOf, type WorkflowVersion } from '../repositories/workflows.ts';

/**
 * The version that a new case of this workspace runs on: the newest of "Recover a failed renewal", which is installed as version 1 the
 * first time somebody needs it. Two at once install it once.
 */
export async function installBuiltinWorkflow(ctx: UseCaseContext, tx: Tx): Promise<WorkflowVersion> {
  const { workspaceId } = ctx;
  const newest = await newestVersionOf(tx.db, workspaceId, BUILTIN_WORKFLOW_KEY);
  if (newest) return newest;
  const workflow = await ensureWorkflow(tx.db, {
    workspaceId,
    id: ctx.ids.next('wf'),
    key: BUILTIN_WORKFLOW_KEY,
    name: BUILTIN_WORKFLOW_NAME,
    trigger: 'PAYMENT_FAILED',
    createdAt: tx.now,
  });
  return ensureVersion(tx.db, {
    workspaceId,
    id: ctx.ids.next('wfv'),
    workflowId: workflow.id,
    version: 1,
    definition: BUILTIN_WORKFLOW_V1,
    createdAt: tx.now,
  });
}
