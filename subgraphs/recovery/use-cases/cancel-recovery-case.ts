import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { NotFoundError, ValidationError } from '#subgraphs/shared/errors/errors.ts';
import { RecoveryCaseNotOpenError } from '../errors.ts';
import { lockCase, type RecoveryCase } from '../repositories/cases.ts';
import { endCase } from './end-case.ts';

const MAX_REASON = 500;

export interface CancelRecoveryCase {
  readonly caseId: string;
  /** For the merchant's own record; never shown to the customer. */
  readonly reason: string;
}

/**
 * Stops recovering an invoice: no further mail or retry leaves, and open links die. The invoice itself stays as it is. Repeating the call
 * returns the same case and announces nothing.
 * @throws {NotFoundError} @throws {RecoveryCaseNotOpenError} when the case ended for another reason.
 * @throws {ValidationError} for a reason that is empty or longer than 500 characters.
 */
export async function cancelRecoveryCase(
  ctx: UseCaseContext,
  { caseId, reason }: CancelRecoveryCase,
): Promise<RecoveryCase> {
  const note = reason.trim();
  if (note === '' || note.length > MAX_REASON)
    throw new ValidationError(`Give a reason of 1 to ${String(MAX_REASON)} characters.`, 'input.reason');
  return ctx.transaction(async (tx) => {
    const theCase = await lockCase(tx.db, ctx.workspaceId, caseId);
    if (!theCase) throw new NotFoundError('RecoveryCase', caseId);
    if (theCase.closeReason === 'CANCELED') return theCase;
    if (theCase.state !== 'OPEN') throw new RecoveryCaseNotOpenError(caseId, theCase.state);
    return endCase(ctx, tx, theCase, { state: 'CLOSED', reason: 'CANCELED', note });
  });
}
