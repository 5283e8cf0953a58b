import { randomToken, sha256Hex } from '#subgraphs/shared/crypto/crypto.ts';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { ValidationError } from '#subgraphs/shared/errors/errors.ts';
import { ATTEMPT_LASTS_MS, callbackUrlOf, isReturnUrl } from '../domain/oauth-attempt.ts';
import type { StripePlatforms } from '../domain/platform.ts';
import { StripeConnectNotConfiguredError } from '../errors.ts';
import { insertAttempt } from '../repositories/oauth-attempts.ts';

export interface StripeAuthorizationDeps {
  readonly platforms: StripePlatforms;
  /** Where Stripe's page for connecting is, without a slash at the end. */
  readonly connectBase: string;
  /** Where browsers reach us, without a trailing path. */
  readonly publicUrl: string;
}

export interface StartedStripeAuthorization {
  readonly url: string;
  readonly expiresAt: Date;
}

/**
 * Answers the address of Stripe's page where the owner of an account lets us act for it. It is good for one connection in this workspace,
 * within an hour: whoever comes back with its state is taken for the one who was sent.
 * @throws {StripeConnectNotConfiguredError} where the installation is no platform at Stripe in this mode.
 * @throws {ValidationError} for an address that a browser should not be sent to.
 */
export async function startStripeAuthorization(
  ctx: UseCaseContext,
  deps: StripeAuthorizationDeps,
  input: { readonly returnUrl?: string | null | undefined },
): Promise<StartedStripeAuthorization> {
  const platform = deps.platforms[ctx.mode];
  if (platform === null) throw new StripeConnectNotConfiguredError(ctx.mode);
  const returnUrl = input.returnUrl ?? null;
  if (returnUrl !== null && !isReturnUrl(returnUrl)) {
    throw new ValidationError(
      'The browser cannot be sent there. Give an https:// address, or an http:// one of the same machine.',
      'input.returnUrl',
    );
  }
  return ctx.transaction(async (tx) => {
    const { workspaceId, actor } = ctx;
    const state = randomToken(32);
    const createdAt = ctx.wall.now();
    const expiresAt = new Date(createdAt.getTime() + ATTEMPT_LASTS_MS);
    const id = ctx.ids.next('oat');
    await insertAttempt(tx.db, { workspaceId, id, returnUrl, actor, createdAt, expiresAt }, sha256Hex(state));
    tx.changed(id);
    return { url: authorizeUrl(deps, platform.clientId, state), expiresAt };
  });
}

function authorizeUrl({ connectBase, publicUrl }: StripeAuthorizationDeps, clientId: string, state: string): string {
  const url = new URL(`${connectBase}/oauth/authorize`);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    scope: 'read_write',
    redirect_uri: callbackUrlOf(publicUrl),
    state,
  }).toString();
  return url.href;
}
