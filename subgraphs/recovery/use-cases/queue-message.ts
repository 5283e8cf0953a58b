import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { nextMailInstant } from '../domain/mail-hours.ts';
import type { MessageKind } from '../domain/next-step.ts';
import { SEND_MESSAGE } from '../engine/kinds.ts';
import { aboutCaseEvent, messageQueued } from '../events.ts';
import type { RecoveryCase } from '../repositories/cases.ts';
import { insertMessage, type Message } from '../repositories/messages.ts';

/** Decides that the customer gets this mail, as soon as it is not night where they live. The case is locked and open. */
export async function queueMessage(
  ctx: UseCaseContext,
  tx: Tx,
  theCase: RecoveryCase,
  { kind, stepExecutionId }: { kind: MessageKind; stepExecutionId: string | null },
): Promise<Message> {
  const dueAt = nextMailInstant(tx.now, theCase.timeZone);
  const message = await insertMessage(tx.db, {
    workspaceId: ctx.workspaceId,
    id: ctx.ids.next('msg'),
    caseId: theCase.id,
    kind,
    stepExecutionId,
    queuedAt: tx.now,
    dueAt,
  });
  await tx.requestEffect({
    kind: SEND_MESSAGE,
    key: message.id,
    subjectId: theCase.id,
    payload: { messageId: message.id },
    notBefore: dueAt,
  });
  await tx.publish(aboutCaseEvent(messageQueued, theCase, { messageId: message.id, kind, dueAt: dueAt.toISOString() }));
  return message;
}
