import { z } from 'zod';
import type { Vault } from '#subgraphs/shared/crypto/vault.ts';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { effectHandler, type ClaimedEffect, type EffectHandler } from '#subgraphs/shared/effects/define.ts';
import { ProviderRefusedError } from '#subgraphs/shared/errors/errors.ts';
import { credentialPlace } from '../domain/secrets.ts';
import type { StripePort } from '../ports.ts';
import { connectionWithSecrets, eraseCredential } from '../repositories/connections.ts';
import { DELETE_WEBHOOK_ENDPOINT } from './kinds.ts';

type Effect = Pick<ClaimedEffect<object>, 'subjectId'>;
type Outcome = { readonly result: 'DELETED' } | { readonly result: 'REFUSED'; readonly reason: string | null };

interface DeleteWebhookDeps {
  readonly stripe: StripePort;
  readonly vault: Vault;
}

/**
 * Deletes the endpoint that we registered at Stripe, which would be posted to for days. That takes the account's own key: a connection that has
 * ended keeps it, sealed and for this alone, until this is settled or given up, and then it is erased.
 */
export function deleteWebhookEndpoint(deps: DeleteWebhookDeps): EffectHandler {
  return effectHandler<object, Outcome>({
    kind: DELETE_WEBHOOK_ENDPOINT,
    payload: z.object({}),
    send: (ctx, effect) => send(deps, ctx, effect),
    // What is deleted already is refused, and that is as good: sending again is the way to find out.
    lookup: () => Promise.resolve({ sent: false }),
    settle: forget,
    giveUp: forget,
  });
}

async function send(
  { stripe, vault }: DeleteWebhookDeps,
  ctx: UseCaseContext,
  { subjectId: id }: Effect,
): Promise<Outcome> {
  const { workspaceId } = ctx;
  const connection = await connectionWithSecrets(ctx.db, workspaceId, id);
  // Given up once, and asked for again by hand: the key is gone.
  if (!connection?.credential || connection.providerEndpointId === null)
    return { result: 'REFUSED', reason: 'no_credential' };
  const apiKey = vault.decrypt(connection.credential, credentialPlace(workspaceId, id));
  try {
    await stripe.deleteWebhook(apiKey, connection.providerEndpointId, { workspaceId, account: connection.account });
    return { result: 'DELETED' };
  } catch (error) {
    // It is gone, or the key does not open the account any more: nothing is left that we could do.
    if (!(error instanceof ProviderRefusedError)) throw error;
    ctx.log.warn({ err: error, connectionId: id }, 'the webhook endpoint was not deleted');
    return { result: 'REFUSED', reason: error.providerCode ?? null };
  }
}

async function forget(ctx: UseCaseContext, { subjectId }: Effect): Promise<void> {
  await ctx.transaction((tx) => eraseCredential(tx.db, tx.workspaceId, subjectId));
}
