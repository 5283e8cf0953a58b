import { randomInt } from 'node:crypto';
import { ADMIN_SCOPE } from './scopes.ts';
import type { WorkspaceMode } from './workspace.ts';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_LENGTH = 32; // 190 bits
const PREFIX_LENGTH = 12;
const FORMAT = /^op_(live|test)_[0-9A-Za-z]{32}$/;

export interface ApiKey {
  readonly workspaceId: string;
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

/** A new key: `op_live_` or `op_test_` and 32 random base62 characters, 40 in all. It exists in clear only in the answer that creates it. */
export function newApiKeySecret(mode: WorkspaceMode): string {
  let random = '';
  for (let i = 0; i < SECRET_LENGTH; i += 1) random += BASE62.charAt(randomInt(BASE62.length));
  return `op_${mode.toLowerCase()}_${random}`;
}

/** The mode a well-formed key was made for, or null for text that cannot be a key (which is then never looked up). */
export function modeOfSecret(text: string): WorkspaceMode | null {
  const match = FORMAT.exec(text);
  if (match === null) return null;
  return match[1] === 'live' ? 'LIVE' : 'TEST';
}

/** The part that is shown to recognise a key by: `op_live_` and four characters. */
export function displayPrefix(secret: string): string {
  return secret.slice(0, PREFIX_LENGTH);
}

/** `expiresAt` itself is the first instant at which the key no longer works. */
export function isUsable(key: Pick<ApiKey, 'expiresAt' | 'revokedAt'>, now: Date): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now);
}

/** True if nobody could create another key once `target` is revoked: the workspace would be locked for good. */
export function isLastAdminKey(target: ApiKey, all: readonly ApiKey[], now: Date): boolean {
  const isAdmin = (key: ApiKey): boolean => key.scopes.includes(ADMIN_SCOPE) && isUsable(key, now);
  return isAdmin(target) && !all.some((key) => key.id !== target.id && isAdmin(key) && key.expiresAt === null);
}
