import { randomBytes } from 'node:crypto';

const POOL_BYTES = 4_096;

let pool = Buffer.alloc(0);

/** Random bytes for ids, drawn from the system many at once: a call for each id costs more than making the id. Not for secrets, which must not lie about. */
export function pooledRandomBytes(bytes: number): Uint8Array {
  if (pool.length < bytes) pool = randomBytes(Math.max(POOL_BYTES, bytes));
  const drawn = pool.subarray(0, bytes);
  pool = pool.subarray(bytes);
  return drawn;
}
