import type { Actor } from '#subgraphs/shared/db/context.ts';

/** Somebody was sent to the provider to let us act for their account. Wall time. */
export interface OAuthAttempt {
  readonly workspaceId: string;
  readonly id: string;
  /** Where the browser is sent at the end; null for a page of ours. */
  readonly returnUrl: string | null;
  /** Who asked: what comes of it is theirs. */
  readonly actor: Pick<Actor, 'type' | 'id'>;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Long enough to make an account at Stripe on the way. */
export const ATTEMPT_LASTS_MS = 3_600_000;

/** Where the provider sends the browser back to: it has to be named in the platform's settings at Stripe. */
export const callbackUrlOf = (publicUrl: string): string => `${publicUrl.replace(/\/+$/, '')}/v1/oauth/stripe/callback`;

/** A web address that a browser may be sent to. Not over plain HTTP, but to the same machine. */
export function isReturnUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}
