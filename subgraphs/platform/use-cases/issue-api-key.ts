import { sha256Hex } from '#subgraphs/shared/crypto/crypto.ts';
import type { Tx } from '#subgraphs/shared/db/context.ts';
import { displayPrefix, newApiKeySecret, type ApiKey } from '../domain/api-key.ts';
import { apiKeyCreated } from '../events.ts';
import { insertApiKey } from '../repositories/api-keys.ts';
import type { WorkspaceMode } from '../domain/workspace.ts';

export interface IssuedApiKey {
  readonly apiKey: ApiKey;
  /** In clear, in this answer only. */
  readonly secret: string;
}

/** Makes the secret of a key and stores its hash, as part of the caller's transaction. */
export async function issueApiKey(
  tx: Tx,
  mode: WorkspaceMode,
  key: Omit<ApiKey, 'prefix' | 'revokedAt' | 'workspaceId'>,
): Promise<IssuedApiKey> {
  const secret = newApiKeySecret(mode);
  const apiKey: ApiKey = { ...key, workspaceId: tx.workspaceId, prefix: displayPrefix(secret), revokedAt: null };
  await insertApiKey(tx.db, apiKey, sha256Hex(secret));
  await tx.publish(
    apiKeyCreated({
      subjectId: apiKey.id,
      payload: { keyId: apiKey.id, prefix: apiKey.prefix, scopes: [...apiKey.scopes] },
    }),
  );
  return { apiKey, secret };
}
