import { constantTimeEqual, sha256Hex } from '#subgraphs/shared/crypto/crypto.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';
import { modeOfSecret } from '../domain/api-key.ts';
import type { WorkspaceMode } from '../domain/workspace.ts';
import { ACTIVE_KEY_BY_HASH, type ActiveKeyRow } from '../repositories/api-keys.ts';

export interface AuthenticateDeps {
  readonly system: SystemDb;
  readonly wall: Clock;
  /** Null: this installation has no operator, and workspaces cannot be created over the API. */
  readonly operatorToken: string | null;
}

export type Authenticated =
  | { readonly kind: 'OPERATOR'; readonly id: string }
  | {
      readonly kind: 'API_KEY';
      readonly keyId: string;
      readonly workspaceId: string;
      readonly mode: WorkspaceMode;
      readonly scopes: readonly string[];
    };

/**
 * Who holds this token, or null for anything unknown, expired or revoked. Asks the database every time, so that a revocation holds on the
 * next request. A hash is looked up, never a secret compared, so the time it takes tells nothing about a key.
 */
export async function authenticate(deps: AuthenticateDeps, token: string): Promise<Authenticated | null> {
  if (deps.operatorToken !== null && constantTimeEqual(token, deps.operatorToken))
    return { kind: 'OPERATOR', id: 'operator' };
  const mode = modeOfSecret(token);
  if (mode === null) return null;
  const [key] = await deps.system.query<ActiveKeyRow>(ACTIVE_KEY_BY_HASH, [sha256Hex(token), deps.wall.now()]);
  if (key?.mode !== mode) return null;
  return { kind: 'API_KEY', keyId: key.id, workspaceId: key.workspace_id, mode, scopes: key.scopes };
}
