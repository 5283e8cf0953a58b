import { randomToken, sha256Hex } from '#subgraphs/shared/crypto/crypto.ts';
import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { addDuration } from '../domain/mail-hours.ts';
import { LINK_LIFETIME } from '../domain/magic-link.ts';
import { aboutCaseEvent, linkCreated } from '../events.ts';
import type { RecoveryCase } from '../repositories/cases.ts';
import { endLiveLinks, saveLink } from '../repositories/links.ts';
import type { Message } from '../repositories/messages.ts';

export interface MintedLink {
  /** Goes into the mail, and nowhere else. */
  readonly token: string;
  readonly expiresAt: Date;
}

/**
 * Makes the link that a mail is about to carry and ends the links sent before. The token (256 random bits) is returned and stored
 * nowhere: what the database keeps is its SHA-256, so neither a dump nor a backup opens a link. The case is locked and open.
 */
export async function mintLink(
  ctx: UseCaseContext,
  tx: Tx,
  theCase: RecoveryCase,
  message: Message,
): Promise<MintedLink> {
  const { workspaceId } = ctx;
  const token = randomToken(32);
  await endLiveLinks(tx.db, { workspaceId, caseId: theCase.id, now: tx.now, exceptMessageId: message.id });
  const { link, created } = await saveLink(tx.db, {
    workspaceId,
    id: ctx.ids.next('link'),
    caseId: theCase.id,
    invoiceId: theCase.invoiceId,
    customerId: theCase.customerId,
    messageId: message.id,
    tokenSha256: sha256Hex(token),
    issuedAt: tx.now,
    expiresAt: addDuration(tx.now, LINK_LIFETIME, 'UTC'),
  });
  // A second token for the same mail is the same link to everybody who watches.
  if (created) {
    const expiresAt = link.expiresAt.toISOString();
    await tx.publish(aboutCaseEvent(linkCreated, theCase, { linkId: link.id, messageId: message.id, expiresAt }));
  }
  return { token, expiresAt: link.expiresAt };
}
