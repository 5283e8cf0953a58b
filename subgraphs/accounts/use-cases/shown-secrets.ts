import { secretPlace } from '../domain/secrets.ts';
import type { WebhookSecret } from '../domain/webhook-secret.ts';
import { secretsOfConnections, type WebhookSecretsDb } from '../repositories/webhook-secrets.ts';
import type { WebhookSecretDeps } from './held-secrets.ts';

/** A signing secret as people are shown it. */
export interface ShownSecret extends WebhookSecret {
  readonly lastFour: string;
}

/** The signing secrets of connections, newest first. */
export async function shownSecrets(
  db: WebhookSecretsDb,
  { vault }: WebhookSecretDeps,
  workspaceId: string,
  connectionIds: readonly string[],
): Promise<ReadonlyMap<string, readonly ShownSecret[]>> {
  const held = await secretsOfConnections(db, workspaceId, connectionIds);
  return new Map(
    [...held].map(([connectionId, secrets]) => [
      connectionId,
      secrets.map(({ sealed, ...secret }) => ({
        ...secret,
        lastFour: vault.decrypt(sealed, secretPlace(workspaceId, connectionId)).slice(-4),
      })),
    ]),
  );
}
