import { deserialize, serialize } from 'node:v8';
import type { Vault } from '../crypto/vault.ts';

/** Answers of idempotent calls keep their dates and bigints, and are sealed: one may hold a secret that is shown once. */
export function sealAnswer(vault: Vault, answer: unknown, aad: string): string {
  return vault.encrypt(serialize(answer).toString('base64'), aad);
}

export function openAnswer(vault: Vault, sealed: string, aad: string): unknown {
  return deserialize(Buffer.from(vault.decrypt(sealed, aad), 'base64'));
}
