import { randomToken, sha256Hex } from '#subgraphs/shared/crypto/crypto.ts';
import type { Actor, Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import { DomainError } from '#subgraphs/shared/errors/errors.ts';
import { livemodeOf, type Connection } from '../domain/connection.ts';
import type { OAuthAttempt } from '../domain/oauth-attempt.ts';
import type { StripePlatforms } from '../domain/platform.ts';
import {
  AlreadyConnectedError,
  LivemodeMismatchError,
  OAuthStateError,
  StripeConnectNotConfiguredError,
} from '../errors.ts';
import { connectionCreated } from '../events.ts';
import type { OnStripeConnected, StripePort } from '../ports.ts';
import {
  insertConnection,
  lockAccount,
  lockCurrentConnection,
  saveConnection,
  type SealedParts,
} from '../repositories/connections.ts';
import { ATTEMPT_BY_STATE, useAttempt, type AttemptRow } from '../repositories/oauth-attempts.ts';

export interface FinishAuthorizationDeps {
  readonly system: SystemDb;
  readonly platforms: StripePlatforms;
  readonly stripe: StripePort;
  readonly onStripeConnected: OnStripeConnected;
  /** A context in the workspace of whoever asked for the connection. */
  readonly contextFor: (request: { workspaceId: string; actor: Actor; requestId: string }) => Promise<UseCaseContext>;
}

export type FoundAttempt = Pick<OAuthAttempt, 'workspaceId' | 'id' | 'returnUrl' | 'actor'>;

/** The attempt that a browser came back with, used or not; null for a state that we never gave out. */
export async function findAttempt({ system }: FinishAuthorizationDeps, state: string): Promise<FoundAttempt | null> {
  const [row] = await system.query<AttemptRow>(ATTEMPT_BY_STATE, [sha256Hex(state)]);
  if (row === undefined) return null;
  const { workspace_id: workspaceId, id, return_url: returnUrl, actor_type: type, actor_id: actorId } = row;
  return { workspaceId, id, returnUrl, actor: { type, id: actorId } };
}

/** What Stripe sent the browser back with. */
export type OAuthAnswer = { readonly code: string } | { readonly declined: true };

/**
 * Ends an attempt. The state is used up first, then the code, and the connection is made at last, in one transaction: a process that dies on
 * the way leaves no half connection, and the person is asked again. A connection by OAuth holds no secret: calls are made with the platform's key
 * in the account's name.
 * @returns the connection; null when the person declined.
 * @throws {OAuthStateError} for an attempt that was used or is too old.
 * @throws {LivemodeMismatchError} when the account's mode is not the workspace's.
 * @throws {AlreadyConnectedError} when the account is connected here with a key.
 * @throws {ProviderRefusedError} for a code that Stripe does not know. @throws {ProviderUnavailableError}
 */
export async function finishStripeAuthorization(
  deps: FinishAuthorizationDeps,
  attempt: FoundAttempt,
  answer: OAuthAnswer,
  requestId: string,
): Promise<Connection | null> {
  const actor = { ...attempt.actor, scopes: [] };
  const ctx = await deps.contextFor({ workspaceId: attempt.workspaceId, actor, requestId });
  const mutation = ctx.forMutation({ name: 'finishStripeAuthorization', input: { attemptId: attempt.id } });
  try {
    const isOurs = await ctx.transaction((tx) => useAttempt(tx.db, attempt, ctx.wall.now()));
    if (!isOurs) throw new OAuthStateError();
    if (!('code' in answer)) return await mutation.transaction(() => Promise.resolve(null));
    const facts = await exchange(ctx, deps, answer.code);
    return await mutation.transaction((tx) => connect(ctx, tx, deps, facts));
  } catch (error) {
    if (error instanceof DomainError) await mutation.refused(error);
    throw error;
  }
}

interface Facts {
  readonly account: string;
  readonly livemode: boolean;
  readonly displayName: string;
}

async function exchange(ctx: UseCaseContext, deps: FinishAuthorizationDeps, code: string): Promise<Facts> {
  const platform = deps.platforms[ctx.mode];
  if (platform === null) throw new StripeConnectNotConfiguredError(ctx.mode);
  const { account, livemode } = await deps.stripe.exchangeOAuthCode(platform.apiKey, code, ctx);
  if (livemode !== livemodeOf(ctx.mode)) throw new LivemodeMismatchError(ctx.mode, 'code');
  const { displayName } = await deps.stripe.readConnectedAccount(platform.apiKey, account, ctx);
  return { account, livemode, displayName };
}

async function connect(ctx: UseCaseContext, tx: Tx, deps: FinishAuthorizationDeps, facts: Facts): Promise<Connection> {
  const { workspaceId } = ctx;
  const { account, livemode, displayName } = facts;
  await lockAccount(tx.db, workspaceId, 'STRIPE', account);
  const locked = await lockCurrentConnection(tx.db, workspaceId, 'STRIPE', account);
  if (locked !== null && locked.access !== 'OAUTH') throw new AlreadyConnectedError(account, locked.id);
  if (locked?.state === 'ACTIVE') return withoutSecrets(locked);

  const active: Connection = {
    ...(locked === null ? newConnection(ctx, tx, facts) : withoutSecrets(locked)),
    displayName,
    state: 'ACTIVE',
    activatedAt: tx.now,
  };
  if (locked === null) {
    // Its events come in at the platform's endpoint: a path of its own is known to nobody.
    await insertConnection(tx.db, active, { credential: null, endpointToken: null }, sha256Hex(randomToken(32)));
  } else await saveConnection(tx.db, active);
  const { id: connectionId } = active;
  await tx.publish(
    connectionCreated({ subjectId: connectionId, payload: { connectionId, provider: 'STRIPE', account, livemode } }),
  );
  await deps.onStripeConnected(tx, { connectionId, account, livemode });
  return active;
}

function newConnection(ctx: UseCaseContext, tx: Tx, { account, livemode, displayName }: Facts): Connection {
  return {
    workspaceId: ctx.workspaceId,
    id: ctx.ids.next('conn'),
    provider: 'STRIPE',
    access: 'OAUTH',
    state: 'PENDING',
    account,
    livemode,
    displayName,
    endpointId: ctx.ids.next('whe'),
    providerEndpointId: null,
    createdAt: tx.now,
    activatedAt: null,
    disconnectedAt: null,
  };
}

function withoutSecrets({
  credential: _credential,
  endpointToken: _token,
  ...connection
}: Connection & SealedParts): Connection {
  return connection;
}
