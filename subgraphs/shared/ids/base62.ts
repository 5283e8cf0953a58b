const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE = 62n;

/** Bits and characters of an id's body: 62^20 is a little more than 2^119. */
export const ID_BITS = 119;
export const ID_CHARS = 20;
const LIMIT = 1n << BigInt(ID_BITS);
/** Characters whose bits still are a plain number: to divide a bigint for each would cost several times as much. */
const PART_CHARS = 8;
const PART = BASE ** BigInt(PART_CHARS);

/**
 * 119 bits as 20 characters, left-padded with `0`, so that text compared byte by byte (`COLLATE "C"`) sorts like the number.
 * @throws {RangeError} for a negative number or one that needs more than 119 bits.
 */
export function encodeBase62(bits: bigint): string {
  if (bits < 0n || bits >= LIMIT) throw new RangeError(`an id's body has ${String(ID_BITS)} bits`);
  let text = '';
  for (let rest = bits; text.length < ID_CHARS; rest /= PART) {
    let part = Number(rest % PART);
    for (let i = 0; i < PART_CHARS && text.length < ID_CHARS; i++) {
      text = ALPHABET.charAt(part % ALPHABET.length) + text;
      part = Math.floor(part / ALPHABET.length);
    }
  }
  return text;
}

/** The inverse of encodeBase62; null for text that encodeBase62 cannot have made. */
export function decodeBase62(text: string): bigint | null {
  if (text.length !== ID_CHARS) return null;
  let bits = 0n;
  for (const char of text) {
    const digit = ALPHABET.indexOf(char);
    if (digit < 0) return null;
    bits = bits * BASE + BigInt(digit);
  }
  return bits < LIMIT ? bits : null;
}
