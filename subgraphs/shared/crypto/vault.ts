import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

import { deriveKey } from './derive-key.ts';

const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface Vault {
  /** `aad` ties the text to its place (table, column, workspace, row id), so that a sealed value moved to another row does not open. */
  encrypt(plain: string, aad: string): string;
  /** @throws {UnsealError} when the text, its place or the key is not what encrypt saw. */
  decrypt(sealed: string, aad: string): string;
}

/** A bug or an attack, never a caller's mistake; says nothing about the content. */
export class UnsealError extends Error {
  override readonly name = 'UnsealError';
}

/**
 * AES-256-GCM with a random 96-bit nonce (fresh per value; good for 2^32 values under one key). Sealed text is
 * `v1.<key id>.<base64url of nonce, ciphertext, tag>`. `retired` keys still open what they sealed, and seal nothing.
 */
export function createVault(masterKey: Uint8Array, retired: readonly Uint8Array[] = []): Vault {
  const current = vaultKey(masterKey);
  const keys = new Map([...retired.map(vaultKey), current].map(({ id, key }) => [id, key]));

  return {
    encrypt(plain, aad): string {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(header(current.id, aad));
      const body = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${VERSION}.${current.id}.${body.toString('base64url')}`;
    },

    decrypt(sealed, aad): string {
      const [version, id = '', text = '', ...more] = sealed.split('.');
      const body = Buffer.from(text, 'base64url');
      // Node's decoder skips what it does not know, so one sealed value would have many spellings without the comparison.
      const wellFormed =
        more.length === 0 && body.length >= NONCE_BYTES + TAG_BYTES && body.toString('base64url') === text;
      if (version !== VERSION || !wellFormed) throw new UnsealError('this is not a sealed value');
      const key = keys.get(id);
      if (!key) throw new UnsealError(`sealed with the key ${id.slice(0, 16)}, which is not configured`);
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        });
        decipher.setAAD(header(id, aad));
        decipher.setAuthTag(body.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(body.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString(
          'utf8',
        );
      } catch (cause) {
        throw new UnsealError('the sealed value was altered or belongs elsewhere', { cause });
      }
    },
  };
}

function vaultKey(masterKey: Uint8Array): { id: string; key: Buffer } {
  return { id: deriveKey(masterKey, 'vault key id').toString('hex').slice(0, 8), key: deriveKey(masterKey, 'vault') };
}

function header(keyId: string, aad: string): Buffer {
  return Buffer.from(`${VERSION}.${keyId}.${aad}`, 'utf8');
}
