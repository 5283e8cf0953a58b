import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { moneyToJson } from '#subgraphs/shared/money/money-json.ts';
import type { Money } from '#subgraphs/shared/money/money.ts';
import type { Attribution } from '../domain/attribution.ts';
import type { CloseReason } from '../domain/case-status.ts';
import { CASE_EFFECTS, STEP_TIMER } from '../engine/kinds.ts';
import { aboutCaseEvent, caseClosed, caseRecovered } from '../events.ts';
import { skipScheduledAttempts } from '../repositories/attempts.ts';
import { updateCase, type RecoveryCase } from '../repositories/cases.ts';
import { endLiveLinks } from '../repositories/links.ts';
import { dropQueuedMessages } from '../repositories/messages.ts';
import { cancelRunningSteps } from '../repositories/steps.ts';

export type CaseEnd =
  | { readonly state: 'RECOVERED'; readonly attribution: Attribution; readonly amountPaid: Money }
  | { readonly state: 'CLOSED'; readonly reason: CloseReason; readonly note?: string };

/**
 * Ends an open case that the caller has locked: nothing that has not left yet will leave, its links die, and the end is announced. What
 * is on its way right now finds the case ended when it comes back.
 */
export async function endCase(ctx: UseCaseContext, tx: Tx, open: RecoveryCase, end: CaseEnd): Promise<RecoveryCase> {
  const { workspaceId } = ctx;
  const ended = await updateCase(tx.db, open, {
    state: end.state,
    closedAt: tx.now,
    ...(end.state === 'RECOVERED'
      ? { attribution: end.attribution, recoveredAmountMinor: end.amountPaid.amountMinor }
      : { closeReason: end.reason, closeNote: end.note ?? null }),
  });

  await tx.cancelTimers({ kind: STEP_TIMER, subjectId: open.id });
  for (const kind of CASE_EFFECTS) await tx.dropEffects({ kind, subjectId: open.id });
  await dropQueuedMessages(tx.db, workspaceId, open.id);
  await skipScheduledAttempts(tx.db, workspaceId, open.id, tx.now);
  await cancelRunningSteps(tx.db, workspaceId, open.id, tx.now);
  await endLiveLinks(tx.db, { workspaceId, caseId: open.id, now: tx.now });

  await announce(tx, ended, end);
  return ended;
}

async function announce(tx: Tx, ended: RecoveryCase, end: CaseEnd): Promise<void> {
  const { declineClass } = ended;
  const openedAt = ended.openedAt.toISOString();
  const now = tx.now.toISOString();
  if (end.state === 'RECOVERED') {
    const { attribution, amountPaid } = end;
    await tx.publish(
      aboutCaseEvent(caseRecovered, ended, {
        amount: moneyToJson(amountPaid),
        attribution,
        declineClass,
        openedAt,
        recoveredAt: now,
      }),
    );
    return;
  }
  const amount = moneyToJson({ amountMinor: ended.amountMinor, currency: ended.currency });
  await tx.publish(
    aboutCaseEvent(caseClosed, ended, { amount, reason: end.reason, declineClass, openedAt, closedAt: now }),
  );
}
