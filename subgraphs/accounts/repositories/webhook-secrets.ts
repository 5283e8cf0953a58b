import type { Db } from '#subgraphs/shared/db/prisma.ts';
import { groupBy } from '#subgraphs/shared/batching/group-by.ts';
import type { WebhookSecret } from '../domain/webhook-secret.ts';

export type WebhookSecretsDb = Pick<Db, 'webhookSecret'>;

export interface SealedSecret extends WebhookSecret {
  readonly sealed: string;
}

/** Of these connections, each one's newest first. */
export async function secretsOfConnections(
  db: WebhookSecretsDb,
  workspaceId: string,
  connectionIds: readonly string[],
): Promise<ReadonlyMap<string, readonly SealedSecret[]>> {
  const rows = await db.webhookSecret.findMany({
    where: { workspaceId, connectionId: { in: [...connectionIds] } },
    orderBy: [{ addedAt: 'desc' }, { id: 'desc' }],
  });
  return groupBy(rows, ({ connectionId }) => connectionId);
}

export async function secretsOf(
  db: WebhookSecretsDb,
  workspaceId: string,
  connectionId: string,
): Promise<readonly SealedSecret[]> {
  return (await secretsOfConnections(db, workspaceId, [connectionId])).get(connectionId) ?? [];
}

export async function findSecret(db: WebhookSecretsDb, workspaceId: string, id: string): Promise<WebhookSecret | null> {
  return db.webhookSecret.findUnique({ where: { workspaceId_id: { workspaceId, id } } });
}

export async function insertSecret(db: WebhookSecretsDb, secret: SealedSecret): Promise<void> {
  await db.webhookSecret.create({ data: secret });
}

export async function saveExpiry(
  db: WebhookSecretsDb,
  { workspaceId, id }: WebhookSecret,
  expiresAt: Date | null,
): Promise<void> {
  await db.webhookSecret.updateMany({ where: { workspaceId, id }, data: { expiresAt } });
}

export async function deleteSecret(db: WebhookSecretsDb, { workspaceId, id }: WebhookSecret): Promise<void> {
  await db.webhookSecret.deleteMany({ where: { workspaceId, id } });
}

export async function deleteSecretsOf(db: WebhookSecretsDb, workspaceId: string, connectionId: string): Promise<void> {
  await db.webhookSecret.deleteMany({ where: { workspaceId, connectionId } });
}

/** Those that nothing can match any more. */
export async function deleteExpiredOf(
  db: WebhookSecretsDb,
  workspaceId: string,
  connectionId: string,
  now: Date,
): Promise<void> {
  await db.webhookSecret.deleteMany({ where: { workspaceId, connectionId, expiresAt: { lte: now } } });
}

/** For the system role, many at once; what was noted within the last minute stays, and so does what is being changed. $1 workspaces, $2 ids, $3 now. */
export const NOTE_MATCHES = `
  UPDATE accounts.webhook_secret SET last_matched_at = $3
  WHERE (workspace_id, id) IN (
    SELECT s.workspace_id, s.id FROM accounts.webhook_secret s JOIN unnest($1::text[], $2::text[]) AS m(workspace_id, id) USING (workspace_id, id)
    WHERE s.last_matched_at IS NULL OR s.last_matched_at < $3::timestamptz - interval '1 minute' FOR UPDATE OF s SKIP LOCKED)`;
