import { constantTimeEqual, sha256Hex } from '#subgraphs/shared/crypto/crypto.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';

const TOKEN = /^[\w-]{43}$/; // 32 bytes in base64url

export interface ResolvedToken {
  readonly workspaceId: string;
  readonly linkId: string;
}

/**
 * The link behind a token, or null. The token is all a visitor brings, so this is looked up with the system role, before any workspace is
 * known; the role sees three columns of this one table and no token, only its digest.
 */
export async function resolveToken(system: SystemDb, token: string): Promise<ResolvedToken | null> {
  if (!TOKEN.test(token)) return null;
  const digest = sha256Hex(token);
  const [row] = await system.query<{ workspace_id: string; id: string; token_sha256: string }>(
    'SELECT workspace_id, id, token_sha256 FROM recovery.magic_link WHERE token_sha256 = $1',
    [digest],
  );
  if (!row || !constantTimeEqual(row.token_sha256, digest)) return null;
  return { workspaceId: row.workspace_id, linkId: row.id };
}
