import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { Connection } from '../domain/connection.ts';
import { checkSecret, holdSecrets, keepSecret, type WebhookSecretDeps } from './held-secrets.ts';

/**
 * Accepts deliveries that are signed with one more secret: of a second endpoint at the provider, or of one that is about to be rolled. One that
 * is there already stays, and no longer expires.
 * @throws {ValidationError} for text that cannot be a signing secret. @throws {NotFoundError} @throws {ConnectionNotActiveError}
 * @throws {ConflictError} when the connection holds as many as it may.
 */
export async function addWebhookSecret(
  ctx: UseCaseContext,
  deps: WebhookSecretDeps,
  input: { readonly connectionId: string; readonly secret: string },
): Promise<Connection> {
  checkSecret(input.secret, 'input.secret');
  return ctx.transaction(async (tx) => {
    const { connection } = await holdSecrets(tx, deps, input.connectionId);
    if (await keepSecret(ctx, tx, deps, connection.id, input.secret)) tx.changed(connection.id);
    return connection;
  });
}
