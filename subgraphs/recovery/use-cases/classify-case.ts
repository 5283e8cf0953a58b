import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { classifyDecline, type DeclineFacts } from '../domain/decline-classes.ts';
import { aboutCaseEvent, caseClassified } from '../events.ts';
import { updateCase, type RecoveryCase } from '../repositories/cases.ts';
import { endCase } from './end-case.ts';

const HOUR_MS = 3_600_000;

/** The class of a decline and the card network's floor for the next retry, as columns of a case. */
export function classificationOf(
  decline: DeclineFacts,
  declinedAt: Date,
): Pick<RecoveryCase, 'declineCode' | 'declineClass' | 'retryNotBefore'> {
  const { declineClass, waitHours } = classifyDecline(decline);
  const retryNotBefore = waitHours === 0 ? null : new Date(declinedAt.getTime() + waitHours * HOUR_MS);
  return { declineCode: decline.declineCode, declineClass, retryNotBefore };
}

/**
 * Writes down what the bank said and announces it when it is news. A refusal that is the merchant's own affair (POLICY) ends the case:
 * writing to the customer about it would be wrong. The case is locked and open.
 */
export async function classifyCase(
  ctx: UseCaseContext,
  tx: Tx,
  open: RecoveryCase,
  decline: DeclineFacts,
  declinedAt: Date,
): Promise<RecoveryCase> {
  const classification = classificationOf(decline, declinedAt);
  const isNews = classification.declineClass !== open.declineClass || classification.declineCode !== open.declineCode;
  const classified = await updateCase(tx.db, open, classification);
  if (isNews) await announceClass(tx, classified);
  if (classified.declineClass !== 'POLICY') return classified;
  return endCase(ctx, tx, classified, { state: 'CLOSED', reason: 'REFUSED' });
}

export async function announceClass(tx: Tx, { declineCode, declineClass, ...theCase }: RecoveryCase): Promise<void> {
  await tx.publish(aboutCaseEvent(caseClassified, theCase, { declineCode, declineClass }));
}
