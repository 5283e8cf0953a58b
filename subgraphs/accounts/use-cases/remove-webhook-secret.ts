import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import type { Connection } from '../domain/connection.ts';
import { isLastToStay } from '../domain/webhook-secret.ts';
import { LastWebhookSecretError } from '../errors.ts';
import { deleteSecret, findSecret } from '../repositories/webhook-secrets.ts';
import { holdSecrets, type WebhookSecretDeps } from './held-secrets.ts';

/**
 * Takes a signing secret away: within a second, at every process, a delivery that is signed with it alone is refused.
 * @throws {NotFoundError} for one that is not there, or no longer. @throws {ConnectionNotActiveError}
 * @throws {LastWebhookSecretError} for the only one that does not expire.
 */
export async function removeWebhookSecret(
  ctx: UseCaseContext,
  deps: WebhookSecretDeps,
  input: { readonly id: string },
): Promise<Connection> {
  return ctx.transaction(async (tx) => {
    const found = await findSecret(tx.db, ctx.workspaceId, input.id);
    if (found === null) throw new NotFoundError('WebhookSecret', input.id);
    const { connection, secrets } = await holdSecrets(tx, deps, found.connectionId);
    const secret = secrets.find(({ id }) => id === input.id);
    if (secret === undefined) throw new NotFoundError('WebhookSecret', input.id);
    if (secret.expiresAt === null && isLastToStay(secret.id, secrets)) throw new LastWebhookSecretError();
    await deleteSecret(tx.db, secret);
    tx.changed(connection.id);
    return connection;
  });
}
