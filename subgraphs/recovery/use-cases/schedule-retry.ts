import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { RETRY_PAYMENT } from '../engine/kinds.ts';
import { aboutCaseEvent, retryScheduled } from '../events.ts';
import { insertAttempt } from '../repositories/attempts.ts';
import type { RecoveryCase } from '../repositories/cases.ts';

type Cause =
  | { readonly origin: 'WORKFLOW'; readonly stepExecutionId: string }
  | { readonly origin: 'LINK'; readonly linkId: string };

/**
 * Decides that the invoice is collected once more, at `dueAt` (business time). A step or a link has one attempt: asking again changes
 * nothing. The case is locked and open.
 */
export async function scheduleRetry(
  ctx: UseCaseContext,
  tx: Tx,
  theCase: RecoveryCase,
  cause: Cause,
  dueAt: Date,
): Promise<void> {
  const id = ctx.ids.next('att');
  const attempt = await insertAttempt(tx.db, {
    workspaceId: ctx.workspaceId,
    id,
    caseId: theCase.id,
    ...cause,
    scheduledAt: tx.now,
    dueAt,
  });
  if (!attempt) return;
  await tx.requestEffect({
    kind: RETRY_PAYMENT,
    key: id,
    subjectId: theCase.id,
    payload: { attemptId: id },
    notBefore: dueAt,
  });
  await tx.publish(
    aboutCaseEvent(retryScheduled, theCase, { attemptId: id, origin: cause.origin, dueAt: dueAt.toISOString() }),
  );
}
