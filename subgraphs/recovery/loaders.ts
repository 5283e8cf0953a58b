import type { GraphContext } from '#subgraphs/shared/graphql/context.ts';
import { attemptsByCases, attemptsByIds, type RetryAttempt } from './repositories/attempts.ts';
import { casesByIds, type RecoveryCase } from './repositories/cases.ts';
import { newestLinksByCases, type MagicLink } from './repositories/links.ts';
import { messagesByCases, messagesByIds, type Message } from './repositories/messages.ts';
import { stepsByCases, type StepExecution } from './repositories/steps.ts';
import {
  versionsByIds,
  versionsByWorkflows,
  workflowsByIds,
  type Workflow,
  type WorkflowVersion,
} from './repositories/workflows.ts';
import type { RecoveryDb } from './repositories/db.ts';

type Read<V> = (db: RecoveryDb, workspaceId: string, ids: readonly string[]) => Promise<Map<string, V>>;

/** One read per request for what fields ask for one by one, always in the caller's workspace. */
function loaderOf<V>(name: string, read: Read<V>): (ctx: GraphContext, id: string) => Promise<V | null> {
  return (ctx, id) =>
    ctx.loader(`recovery.${name}`, (ids) => read(ctx.useCases.db, ctx.useCases.workspaceId, ids)).load(id);
}

export const loadCase = loaderOf<RecoveryCase>('case', casesByIds);
export const loadWorkflow = loaderOf<Workflow>('workflow', workflowsByIds);
export const loadWorkflowVersion = loaderOf<WorkflowVersion>('workflowVersion', versionsByIds);
export const loadVersionsOfWorkflow = loaderOf<WorkflowVersion[]>('versionsOfWorkflow', versionsByWorkflows);
export const loadMessage = loaderOf<Message>('message', messagesByIds);
export const loadAttempt = loaderOf<RetryAttempt>('attempt', attemptsByIds);
export const loadStepsOfCase = loaderOf<StepExecution[]>('stepsOfCase', stepsByCases);
export const loadAttemptsOfCase = loaderOf<RetryAttempt[]>('attemptsOfCase', attemptsByCases);
export const loadMessagesOfCase = loaderOf<Message[]>('messagesOfCase', messagesByCases);
export const loadNewestLinkOfCase = loaderOf<MagicLink>('newestLinkOfCase', newestLinksByCases);

/** Business time, read once per request. */
export async function loadNow(ctx: GraphContext): Promise<Date> {
  const now = await ctx
    .loader('recovery.now', async () => new Map([['now', await ctx.useCases.businessNow()]]))
    .load('now');
  return now ?? ctx.useCases.businessNow();
}
