import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { problemsOf, workflowDefinitionSchema, type WorkflowDefinition } from '../domain/workflow-definition.ts';
import { WorkflowDefinitionInvalidError } from '../errors.ts';
import { ensureVersion, ensureWorkflow, newestVersionOf, type WorkflowVersion } from '../repositories/workflows.ts';

/**
 * Stores a definition as the next version of the workflow with this key; cases that run keep the version they started with. Saving what
 * the newest version already says returns that version.
 * @throws {WorkflowDefinitionInvalidError} naming every step that could get stuck, is never reached, or would loop without a wait.
 */
export async function saveWorkflowVersion(
  ctx: UseCaseContext,
  { key, name, definition: draft }: { key: string; name: string; definition: unknown },
): Promise<WorkflowVersion> {
  const definition = checkedDefinition(draft);
  return ctx.transaction(async (tx) => {
    const { workspaceId } = ctx;
    const workflow = await ensureWorkflow(tx.db, {
      workspaceId,
      id: ctx.ids.next('wf'),
      key,
      name,
      trigger: 'PAYMENT_FAILED',
      createdAt: tx.now,
    });
    const newest = await newestVersionOf(tx.db, workspaceId, key);
    if (newest && JSON.stringify(newest.definition) === JSON.stringify(definition)) return newest;
    const version = (newest?.version ?? 0) + 1;
    return ensureVersion(tx.db, {
      workspaceId,
      id: ctx.ids.next('wfv'),
      workflowId: workflow.id,
      version,
      definition,
      createdAt: tx.now,
    });
  });
}

function checkedDefinition(draft: unknown): WorkflowDefinition {
  const parsed = workflowDefinitionSchema.safeParse(draft);
  if (!parsed.success) {
    throw new WorkflowDefinitionInvalidError(
      parsed.error.issues.map(({ path, message }) => ({ stepId: null, problem: `${path.join('.')}: ${message}.` })),
    );
  }
  const problems = problemsOf(parsed.data);
  if (problems.length > 0) throw new WorkflowDefinitionInvalidError(problems);
  return parsed.data;
}
