import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export { deriveKey } from './derive-key.ts';
export { createVault, UnsealError, type Vault } from './vault.ts';

/** Lower-case hex of the SHA-256 of the text's UTF-8 bytes, or of the bytes. For tokens with enough entropy of their own, not for passwords. */
export function sha256Hex(value: string | Uint8Array): string {
  return createHash('sha256').update(value).digest('hex');
}

/** Unguessable text, base64url without padding: 32 bytes are 256 bits in 43 characters. */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}

/** Equality that takes equally long wherever the two differ, and whatever their lengths. */
export function constantTimeEqual(a: string | Uint8Array, b: string | Uint8Array): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}
