import type { Pool } from 'pg';
import { StripeError } from '../http/errors.ts';
import type { Scope } from '../store/unit-of-work.ts';
import { isConnected } from './connections.ts';

/** Whose data a call is about: the key's own account, or the connected one that its `Stripe-Account` header names. */
export async function actFor(pool: Pool, own: Scope, account: string | null): Promise<Scope> {
  if (account === null || account === own.account) return own;
  const scope = { account, livemode: own.livemode };
  if (await isConnected(pool, own.account, scope)) return scope;
  throw new StripeError(
    403,
    {
      type: 'invalid_request_error',
      code: 'account_invalid',
      message: `The provided key does not have access to account '${account}' (or that account does not exist). Application access may have been revoked.`,
    },
    { validation: true },
  );
}
