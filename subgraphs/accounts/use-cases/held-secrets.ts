import type { Vault } from '#subgraphs/shared/crypto/vault.ts';
import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { ConflictError, NotFoundError, ValidationError } from '#subgraphs/shared/errors/errors.ts';
import { RECEIVING_STATES, type Connection } from '../domain/connection.ts';
import { secretPlace } from '../domain/secrets.ts';
import { MOST_SECRETS } from '../domain/webhook-secret.ts';
import { ConnectionNotActiveError } from '../errors.ts';
import { lockConnection } from '../repositories/connections.ts';
import {
  deleteExpiredOf,
  insertSecret,
  saveExpiry,
  secretsOf,
  type SealedSecret,
} from '../repositories/webhook-secrets.ts';

export interface WebhookSecretDeps {
  readonly vault: Vault;
}

/** A signing secret in clear, for as long as a verb takes. */
export interface OpenSecret extends SealedSecret {
  readonly secret: string;
}

/** The secrets that a connection holds, newest first, while the transaction keeps the connection to itself. */
export interface HeldSecrets {
  readonly connection: Connection;
  readonly secrets: readonly OpenSecret[];
}

/** @throws {NotFoundError} @throws {ConnectionNotActiveError} for one that takes no deliveries. @throws {ConflictError} for one by OAuth. */
export async function holdSecrets(tx: Tx, deps: WebhookSecretDeps, connectionId: string): Promise<HeldSecrets> {
  const locked = await lockConnection(tx.db, tx.workspaceId, connectionId);
  if (locked === null) throw new NotFoundError('Connection', connectionId);
  const { credential: _credential, endpointToken: _token, ...connection } = locked;
  if (!RECEIVING_STATES.some((state) => state === connection.state)) throw new ConnectionNotActiveError(connectionId);
  if (connection.access === 'OAUTH') {
    throw new ConflictError(
      'This account is connected by OAuth: its deliveries come in at the platform’s endpoint, whose secrets are part of the installation’s configuration.',
    );
  }
  return { connection, secrets: await openSecrets(tx, deps, connectionId) };
}

async function openSecrets(tx: Tx, { vault }: WebhookSecretDeps, connectionId: string): Promise<readonly OpenSecret[]> {
  const place = secretPlace(tx.workspaceId, connectionId);
  const held = await secretsOf(tx.db, tx.workspaceId, connectionId);
  return held.map((each) => ({ ...each, secret: vault.decrypt(each.sealed, place) }));
}

/**
 * From now on the secret counts and does not expire; those that have expired are forgotten. The connection is locked by the caller.
 * @returns whether that changed anything.
 * @throws {ConflictError} when the connection holds as many as it may.
 */
export async function keepSecret(
  ctx: Pick<UseCaseContext, 'ids' | 'wall'>,
  tx: Tx,
  deps: WebhookSecretDeps,
  connectionId: string,
  secret: string,
): Promise<boolean> {
  const { db, workspaceId } = tx;
  const now = ctx.wall.now();
  const known = (await openSecrets(tx, deps, connectionId)).find((each) => each.secret === secret);
  if (known?.expiresAt === null) return false;
  if (known) await saveExpiry(db, known, null);
  await deleteExpiredOf(db, workspaceId, connectionId, now);
  if (known) return true;
  if ((await secretsOf(db, workspaceId, connectionId)).length >= MOST_SECRETS) {
    throw new ConflictError(
      `The connection has ${String(MOST_SECRETS)} webhook secrets already. Remove one that is not used any more, then add this one.`,
    );
  }
  await insertSecret(db, {
    workspaceId,
    id: ctx.ids.next('whs'),
    connectionId,
    sealed: deps.vault.encrypt(secret, secretPlace(workspaceId, connectionId)),
    addedAt: now,
    expiresAt: null,
    lastMatchedAt: null,
  });
  return true;
}

/** @throws {ValidationError} for text that cannot be a signing secret of Stripe's. */
export function checkSecret(secret: string, param: string): void {
  if (/^whsec_\w+$/.test(secret)) return;
  throw new ValidationError('A signing secret begins with whsec_. Copy it from the endpoint’s page at Stripe.', param);
}
