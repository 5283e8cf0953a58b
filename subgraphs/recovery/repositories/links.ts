import type { MagicLink as Row } from '#prisma/generated/client/client.ts';
import { endedLinkState, type LinkState } from '../domain/magic-link.ts';
import type { RecoveryDb } from './db.ts';

/** The right to enter a new card for one invoice, until it ends. The token is known to the customer's mail alone. */
export type MagicLink = Omit<Row, 'state'> & { readonly state: LinkState };

type NewLink = Pick<
  MagicLink,
  'workspaceId' | 'id' | 'caseId' | 'invoiceId' | 'customerId' | 'messageId' | 'tokenSha256' | 'issuedAt' | 'expiresAt'
>;

/**
 * One link per message. Minting again for the same message (the mail had not left when the process died) replaces the token, so the
 * lost one opens nothing.
 */
export async function saveLink(db: RecoveryDb, fresh: NewLink): Promise<{ link: MagicLink; created: boolean }> {
  const { workspaceId, messageId, tokenSha256, issuedAt, expiresAt } = fresh;
  const existing = await db.magicLink.findUnique({ where: { workspaceId_messageId: { workspaceId, messageId } } });
  if (!existing)
    return { link: toLink(await db.magicLink.create({ data: { ...fresh, state: 'ISSUED' } })), created: true };
  const again = await db.magicLink.update({
    where: { workspaceId_id: { workspaceId, id: existing.id } },
    data: { tokenSha256, issuedAt, expiresAt },
  });
  return { link: toLink(again), created: false };
}

export async function findLink(db: RecoveryDb, workspaceId: string, id: string): Promise<MagicLink | null> {
  const row = await db.magicLink.findUnique({ where: { workspaceId_id: { workspaceId, id } } });
  return row && toLink(row);
}

export async function linkOfSession(
  db: RecoveryDb,
  workspaceId: string,
  checkoutSessionId: string,
): Promise<MagicLink | null> {
  const row = await db.magicLink.findFirst({ where: { workspaceId, checkoutSessionId } });
  return row && toLink(row);
}

export async function updateLink(
  db: RecoveryDb,
  { workspaceId, id }: MagicLink,
  change: Partial<
    Pick<
      MagicLink,
      'state' | 'openedAt' | 'completedAt' | 'checkoutCount' | 'checkoutSessionId' | 'paymentMethodStripeId'
    >
  >,
): Promise<MagicLink> {
  return toLink(await db.magicLink.update({ where: { workspaceId_id: { workspaceId, id } }, data: change }));
}

/** Ends every link of the case that could still be used, but the one of `exceptMessageId`. @returns how many. */
export async function endLiveLinks(
  db: RecoveryDb,
  {
    workspaceId,
    caseId,
    now,
    exceptMessageId,
  }: { workspaceId: string; caseId: string; now: Date; exceptMessageId?: string },
): Promise<number> {
  const live = await db.magicLink.findMany({ where: { workspaceId, caseId, state: { in: ['ISSUED', 'OPENED'] } } });
  const ended = live.map(toLink).filter(({ messageId }) => messageId !== exceptMessageId);
  for (const link of ended) await updateLink(db, link, { state: endedLinkState(link, now) });
  return ended.length;
}

export async function completedLinkIds(db: RecoveryDb, workspaceId: string, caseId: string): Promise<string[]> {
  const rows = await db.magicLink.findMany({
    where: { workspaceId, caseId, state: 'COMPLETED' },
    select: { id: true },
  });
  return rows.map(({ id }) => id);
}

/** The newest link of each case. */
export async function newestLinksByCases(
  db: RecoveryDb,
  workspaceId: string,
  caseIds: readonly string[],
): Promise<Map<string, MagicLink>> {
  const rows = await db.magicLink.findMany({
    where: { workspaceId, caseId: { in: [...caseIds] } },
    orderBy: [{ issuedAt: 'asc' }, { id: 'asc' }], // the newest is set last
  });
  return new Map(rows.map((row) => [row.caseId, toLink(row)]));
}

function toLink(row: Row): MagicLink {
  return row as MagicLink; // held to these values by CHECK constraints
}
