import { accountOf } from '../http/authenticate.ts';
import type { Scope } from '../store/unit-of-work.ts';

const CLIENT_ID = /^ca_(test|live)_([A-Za-z0-9_]+)$/;

/** The platform behind a client id: `ca_test_x` is that of the account that `sk_test_x` opens. Null for anything else. */
export function platformOf(clientId: unknown): Scope | null {
  const match = typeof clientId === 'string' ? CLIENT_ID.exec(clientId) : null;
  return match?.[2] === undefined ? null : { account: accountOf(match[2]), livemode: match[1] === 'live' };
}
