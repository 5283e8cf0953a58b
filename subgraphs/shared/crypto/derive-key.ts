import { hkdfSync } from 'node:crypto';

/**
 * A key of its own for each purpose (HKDF-SHA-256, 32 bytes), so that what signs never encrypts and a leaked one says nothing
 * about the others. The purpose is part of what was encrypted: renaming one makes its data unreadable.
 */
export function deriveKey(masterKey: Uint8Array, purpose: string): Buffer {
  if (masterKey.byteLength !== 32) throw new RangeError('the master key has 32 bytes');
  return Buffer.from(hkdfSync('sha256', masterKey, new Uint8Array(), `oppulence/${purpose}`, 32));
}
