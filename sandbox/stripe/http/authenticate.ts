/** Any well-formed secret key opens the account that its letters name; test and live keys of the same letters open the same account. */
import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import type { Scope } from '../store/unit-of-work.ts';
import { unauthorized } from './errors.ts';

const KEY = /^(?:sk|rk)_(test|live)_([A-Za-z0-9_]+)$/;

export function scopeOfHeader(authorization: string | undefined): Scope {
  const key = secretOf(authorization);
  const match = key === null ? null : KEY.exec(key);
  if (!match?.[2]) throw unauthorized(key);
  return { account: accountOf(match[2]), livemode: match[1] === 'live' };
}

/** The account behind the letters after `sk_test_`. */
export function accountOf(letters: string): string {
  return `acct_1${createHash('sha256').update(letters).digest('hex').slice(0, 15)}`;
}

function secretOf(authorization: string | undefined): string | null {
  if (!authorization) return null;
  const [scheme, value] = authorization.split(' ');
  if (!value) return null;
  if (scheme?.toLowerCase() === 'bearer') return value;
  if (scheme?.toLowerCase() === 'basic') return Buffer.from(value, 'base64').toString('utf8').split(':')[0] ?? '';
  return null;
}

const known = new WeakMap<Pool, Set<string>>();

/** Accounts come into being when first spoken to. */
export async function provision(pool: Pool, account: string): Promise<void> {
  const seen = known.get(pool) ?? new Set<string>();
  known.set(pool, seen);
  if (seen.has(account)) return;
  await pool.query('INSERT INTO accounts (id, name, created) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    account,
    `Sandbox ${account.slice(6, 11)}`,
    Math.floor(Date.now() / 1000),
  ]);
  seen.add(account);
}
