import { hash } from 'node:crypto';

import { pooledRandomBytes } from '../crypto/pooled-random-bytes.ts';
import { systemClock, type Clock } from '../time/clock.ts';
import { decodeBase62, encodeBase62, ID_BITS } from './base62.ts';

// prettier-ignore
export const ID_PREFIXES = [
  'ws', 'usr', 'key', 'conn', 'whe', 'whs', 'oat', 'evt', 'inb', 'unr', 'job', 'aud', 'tmr', 'eff', 'req', 'run', 'rec', // the house
  'cus', 'prod', 'price', 'sub', 'si', 'inv', 'ch', 'pi', 'pm', // billing
  'plan', 'coup', 'promo', 'txr', 'txi', 'qt', 'sched', 'ii', 'inpay', 'cn', 'seti', 're', 'dp', 'efw', 'rev', 'txn', 'po', 'tr', 'tu', 'fee',
  'il', 'cnli', 'di', 'tax', 'obj',
  'wf', 'wfv', 'case', 'step', 'att', 'msg', 'link', // recovery
] as const;
export type IdPrefix = (typeof ID_PREFIXES)[number];

const RANDOM_BITS = 71n;
const MS_LIMIT = 2 ** 48;

export interface IdSource {
  /**
   * A new id: prefix, `_` and 20 characters of 0-9A-Za-z holding 48 bits of wall-clock milliseconds and 71 random bits.
   * Sorts by creation time under `COLLATE "C"`; within one millisecond in no particular order.
   */
  next(prefix: IdPrefix): string;
}

/** `random` returns n random bytes; it is an argument so that tests can make ids repeat. */
export function createIdSource(
  clock: Clock = systemClock,
  random: (bytes: number) => Uint8Array = pooledRandomBytes,
): IdSource {
  return {
    next(prefix): string {
      const ms = clock.now().getTime();
      if (ms < 0 || ms >= MS_LIMIT) throw new RangeError('ids can only be made for instants since 1970');
      const noise = toBigInt(random(9)) >> 1n; // 72 bits, of which 71 are kept
      return `${prefix}_${encodeBase62((BigInt(ms) << RANDOM_BITS) | noise)}`;
    },
  };
}

/** Ids of the running system: wall clock and the machine's randomness. */
export const systemIds: IdSource = createIdSource();

/**
 * The id of a mirrored object: the same for the same workspace, provider account and provider id, so that any arrival order
 * or a rebuild gives the same one. 119 bits of SHA-256; each part goes in with its length, so that ('a', 'bc') and ('ab', 'c') differ.
 * It does not sort by time and timeOfId says nothing about it.
 */
export function mirrorId(prefix: IdPrefix, workspaceId: string, account: string, stripeId: string): string {
  const parts = [workspaceId, account, stripeId];
  // In one piece: a batch of deliveries asks for thousands of these.
  const named = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + 4 + Buffer.byteLength(part), 0));
  let at = 0;
  for (const part of parts) {
    const length = named.write(part, at + 4);
    named.writeUInt32BE(length, at);
    at += 4 + length;
  }
  const first120Bits = BigInt(`0x${hash('sha256', named).slice(0, 30)}`);
  return `${prefix}_${encodeBase62(first120Bits >> BigInt(120 - ID_BITS))}`;
}

/** Whether the text can be an id of this kind. Says nothing about its existence. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && decodeBase62(text.slice(prefix.length + 1)) !== null;
}

/**
 * The least id that can have been made at `at` or later: ids of an earlier time sort before it. What is partitioned by time is partitioned by
 * such ids; `kernel.first_id` computes the same in SQL.
 */
export function firstId(prefix: IdPrefix, at: Date): string {
  return `${prefix}_${encodeBase62(BigInt(at.getTime()) << RANDOM_BITS)}`;
}

/** When an id of an IdSource was made (wall clock, milliseconds); null for text that is no id. */
export function timeOfId(id: string): Date | null {
  const bits = decodeBase62(id.slice(id.indexOf('_') + 1));
  return bits === null ? null : new Date(Number(bits >> RANDOM_BITS));
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}
