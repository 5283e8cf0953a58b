import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { NotFoundError, ValidationError } from '#subgraphs/shared/errors/errors.ts';
import type { Connection } from '../domain/connection.ts';
import { LONGEST_OVERLAP_MS } from '../domain/webhook-secret.ts';
import { findSecret, saveExpiry } from '../repositories/webhook-secrets.ts';
import { checkSecret, holdSecrets, keepSecret, type WebhookSecretDeps } from './held-secrets.ts';

export interface RollWebhookSecret {
  /** Of the secret that is replaced. */
  readonly id: string;
  readonly newSecret: string;
  /** Until when the old one counts; a day from now unless told, and at the most. Wall time. */
  readonly oldExpiresAt?: Date | null | undefined;
}

/**
 * Replaces a signing secret without a gap: the new one counts at once, the old one until it expires. Again with the same new secret, it changes
 * nothing but an expiry that is given.
 * @throws {ValidationError} for text that cannot be a signing secret, for the old one itself, and for an expiry that is past or too far.
 * @throws {NotFoundError} @throws {ConnectionNotActiveError} @throws {ConflictError} when the connection holds as many as it may.
 */
export async function rollWebhookSecret(
  ctx: UseCaseContext,
  deps: WebhookSecretDeps,
  input: RollWebhookSecret,
): Promise<Connection> {
  checkSecret(input.newSecret, 'input.newSecret');
  const wallNow = ctx.wall.now();
  const longest = new Date(wallNow.getTime() + LONGEST_OVERLAP_MS);
  checkExpiry(input.oldExpiresAt ?? longest, wallNow, longest);
  return ctx.transaction(async (tx) => {
    const found = await findSecret(tx.db, ctx.workspaceId, input.id);
    if (found === null) throw new NotFoundError('WebhookSecret', input.id);
    const { connection, secrets } = await holdSecrets(tx, deps, found.connectionId);
    const old = secrets.find(({ id }) => id === input.id);
    if (old === undefined) throw new NotFoundError('WebhookSecret', input.id);
    if (old.secret === input.newSecret)
      throw new ValidationError('This is the secret that is to be replaced. Give the new one.', 'input.newSecret');

    const expiresAt = input.oldExpiresAt ?? old.expiresAt ?? longest;
    const added = await keepSecret(ctx, tx, deps, connection.id, input.newSecret);
    if (!added && old.expiresAt?.getTime() === expiresAt.getTime()) return connection;
    await saveExpiry(tx.db, old, expiresAt);
    tx.changed(connection.id);
    return connection;
  });
}

function checkExpiry(expiresAt: Date, now: Date, longest: Date): void {
  if (expiresAt > now && expiresAt <= longest) return;
  throw new ValidationError(
    'The old secret can count for at most 24 hours more, as at Stripe. To end it at once, remove it after adding the new one.',
    'input.oldExpiresAt',
  );
}
