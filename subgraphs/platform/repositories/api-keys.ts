import type { Db } from '#subgraphs/shared/db/prisma.ts';
import type { ApiKey } from '../domain/api-key.ts';
import type { Slice } from './slice.ts';

export type ApiKeysDb = Pick<Db, 'apiKey' | '$queryRaw'>;

// The hash stays in the database: nothing that reads a key needs it.
const COLUMNS = {
  workspaceId: true,
  id: true,
  name: true,
  prefix: true,
  scopes: true,
  createdAt: true,
  expiresAt: true,
  revokedAt: true,
} as const;

export async function insertApiKey(db: ApiKeysDb, key: ApiKey, keyHash: string): Promise<void> {
  await db.apiKey.create({ data: { ...key, scopes: [...key.scopes], keyHash } });
}

/** Every key of the workspace, locked in one order: two calls that each revoke the other's key meet here, not in a deadlock. */
export async function lockApiKeys(db: ApiKeysDb, workspaceId: string): Promise<readonly ApiKey[]> {
  await db.$queryRaw`SELECT id FROM platform.api_key WHERE workspace_id = ${workspaceId} ORDER BY id FOR UPDATE`;
  return db.apiKey.findMany({ where: { workspaceId }, select: COLUMNS });
}

export async function markRevoked(db: ApiKeysDb, workspaceId: string, id: string, revokedAt: Date): Promise<ApiKey> {
  return db.apiKey.update({ where: { workspaceId_id: { workspaceId, id } }, data: { revokedAt }, select: COLUMNS });
}

export async function apiKeysByIds(
  db: ApiKeysDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ApiKey>> {
  const rows = await db.apiKey.findMany({ where: { workspaceId, id: { in: [...ids] } }, select: COLUMNS });
  return new Map(rows.map((row) => [row.id, row]));
}

export async function apiKeysPage(db: ApiKeysDb, workspaceId: string, slice: Slice): Promise<ApiKey[]> {
  return db.apiKey.findMany({ ...slice, where: { ...slice.where, workspaceId }, select: COLUMNS });
}

export async function countApiKeys(db: ApiKeysDb, workspaceId: string, upTo: number): Promise<number> {
  return db.apiKey.count({ where: { workspaceId }, take: upTo });
}

export interface ActiveKeyRow {
  readonly workspace_id: string;
  readonly id: string;
  readonly mode: 'LIVE' | 'TEST';
  readonly scopes: readonly string[];
}

/** By hash, before any workspace is known: for the system role. */
export const ACTIVE_KEY_BY_HASH = `
  SELECT k.workspace_id, k.id, w.mode, k.scopes
  FROM platform.api_key k JOIN platform.workspace w ON w.workspace_id = k.workspace_id
  WHERE k.key_hash = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2)`;
