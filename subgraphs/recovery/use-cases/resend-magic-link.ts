import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import { RecoveryCaseNotOpenError } from '../errors.ts';
import { lockCase } from '../repositories/cases.ts';
import { pendingMessage, type Message } from '../repositories/messages.ts';
import { queueMessage } from './queue-message.ts';

/**
 * Sends the customer a fresh link, beside the workflow, as soon as it is not night where they live; the links sent before die when it
 * leaves. While such a mail waits to be sent, that one is returned.
 * @throws {NotFoundError} @throws {RecoveryCaseNotOpenError}
 */
export async function resendMagicLink(ctx: UseCaseContext, { caseId }: { caseId: string }): Promise<Message> {
  return ctx.transaction(async (tx) => {
    const theCase = await lockCase(tx.db, ctx.workspaceId, caseId);
    if (!theCase) throw new NotFoundError('RecoveryCase', caseId);
    if (theCase.state !== 'OPEN') throw new RecoveryCaseNotOpenError(caseId, theCase.state);
    const pending = await pendingMessage(tx.db, ctx.workspaceId, caseId, 'MAGIC_LINK');
    return pending ?? queueMessage(ctx, tx, theCase, { kind: 'MAGIC_LINK', stepExecutionId: null });
  });
}
