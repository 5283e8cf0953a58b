import type { InvoiceDecline } from '#prisma/generated/client/client.ts';
import type { RecoveryDb } from './db.ts';

export type { InvoiceDecline };

export async function saveDecline(db: RecoveryDb, decline: InvoiceDecline): Promise<void> {
  const { workspaceId, invoiceId, attemptCount } = decline;
  await db.invoiceDecline.upsert({
    where: { workspaceId_invoiceId_attemptCount: { workspaceId, invoiceId, attemptCount } },
    create: decline,
    update: decline,
  });
}

/** What the bank said last about this invoice, if anything. */
export async function newestDecline(
  db: RecoveryDb,
  workspaceId: string,
  invoiceId: string,
): Promise<InvoiceDecline | null> {
  return db.invoiceDecline.findFirst({ where: { workspaceId, invoiceId }, orderBy: { attemptCount: 'desc' } });
}
