import type { Vault } from '#subgraphs/shared/crypto/vault.ts';
import { endpointPathOf, tokenPlace, webhookUrlOf } from '../domain/secrets.ts';
import { sealedTokensByIds, type ConnectionsDb } from '../repositories/connections.ts';

export interface WebhookUrlDeps {
  readonly vault: Vault;
  /** Where providers reach us, without a trailing path. */
  readonly publicUrl: string;
}

/** The webhook URLs of connections that still have one. */
export async function webhookUrlsByIds(
  db: ConnectionsDb,
  deps: WebhookUrlDeps,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const sealed = await sealedTokensByIds(db, workspaceId, ids);
  return new Map(
    [...sealed].map(([id, token]) => [
      id,
      webhookUrlOf(deps.publicUrl, endpointPathOf(deps.vault.decrypt(token, tokenPlace(workspaceId, id)))),
    ]),
  );
}
