import { randomToken, sha256Hex } from '#subgraphs/shared/crypto/crypto.ts';
import type { Vault } from '#subgraphs/shared/crypto/vault.ts';
import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { ConflictError, ProviderRefusedError, ValidationError } from '#subgraphs/shared/errors/errors.ts';
import { livemodeOf, type Connection } from '../domain/connection.ts';
import { credentialPlace, endpointPathOf, secretPlace, tokenPlace, webhookUrlOf } from '../domain/secrets.ts';
import { DELETE_WEBHOOK_ENDPOINT } from '../effects/kinds.ts';
import { AlreadyConnectedError, LivemodeMismatchError } from '../errors.ts';
import { connectionCreated, connectionPrepared } from '../events.ts';
import type { OnStripeConnected, StripePort } from '../ports.ts';
import {
  deletePending,
  insertConnection,
  lockAccount,
  lockConnection,
  lockCurrentConnection,
  saveConnection,
  type SealedParts,
} from '../repositories/connections.ts';
import { secretsOf } from '../repositories/webhook-secrets.ts';
import { checkSecret, keepSecret } from './held-secrets.ts';

export interface ConnectStripeDeps {
  readonly stripe: StripePort;
  readonly onStripeConnected: OnStripeConnected;
  readonly vault: Vault;
  /** Where Stripe reaches us, without a trailing path. */
  readonly publicUrl: string;
}

export interface ConnectStripe {
  readonly apiKey: string;
  /** Given by somebody who registers the endpoint at Stripe themselves; else we register it. */
  readonly webhookSecret?: string | null | undefined;
}

export interface ConnectedStripe {
  readonly connection: Connection;
  readonly webhookUrl: string;
  /** In clear, in this answer only. */
  readonly webhookSecret: string;
  readonly jobId: string;
}

interface Prepared {
  readonly connectionId: string;
  readonly webhookUrl: string;
  /** Of an endpoint that Stripe already sends to: a connection that is taken up again keeps it. */
  readonly knownSecret: string | null;
}

/**
 * Connects a Stripe account and starts reading it. In three steps, so that a crash leaves nothing half: the row (PENDING), the endpoint
 * at Stripe (under a key derived from the row), the row made ACTIVE with its first job. Asking again after a crash takes the PENDING row up.
 * @throws {ValidationError} for text that cannot be a key or a signing secret.
 * @throws {LivemodeMismatchError} when the key is of the other mode than the workspace.
 * @throws {AlreadyConnectedError} when the account is connected here.
 * @throws {ConflictError} when somebody disconnected it meanwhile.
 * @throws {ProviderRefusedError} when Stripe does not accept the key or the endpoint; nothing is kept then.
 * @throws {ProviderUnavailableError} when Stripe gave no usable answer: ask again.
 */
export async function connectStripe(
  ctx: UseCaseContext,
  deps: ConnectStripeDeps,
  input: ConnectStripe,
): Promise<ConnectedStripe> {
  checkShape(input);
  const facts = await deps.stripe.readAccount(input.apiKey, ctx);
  if (facts.livemode !== livemodeOf(ctx.mode)) throw new LivemodeMismatchError(ctx.mode, 'input.stripe.apiKey');

  const prepared = await ctx.transaction((tx) => prepare(ctx, tx, deps, { ...facts, apiKey: input.apiKey }));
  const endpoint = await endpointFor(ctx, deps, input, { ...prepared, account: facts.account });
  const connected = await ctx.transaction((tx) => activate(ctx, tx, deps, prepared, endpoint, input.apiKey));
  if (connected === null) throw new ConflictError(REMOVED_MEANWHILE);
  return connected;
}

const REMOVED_MEANWHILE =
  'The connection was removed while it was being made. Connect again, with a new Idempotency-Key if you sent one.';

function checkShape(input: ConnectStripe): void {
  if (!/^(sk|rk)_(live|test)_\w{8,}$/.test(input.apiKey)) {
    throw new ValidationError(
      'This is not a Stripe API key. Copy a secret key (sk_…) or a restricted key (rk_…) from Stripe: Developers, API keys.',
      'input.stripe.apiKey',
    );
  }
  if (input.webhookSecret) checkSecret(input.webhookSecret, 'input.stripe.webhookSecret');
}

interface Facts {
  readonly account: string;
  readonly livemode: boolean;
  readonly displayName: string;
  readonly apiKey: string;
}

async function prepare(ctx: UseCaseContext, tx: Tx, deps: ConnectStripeDeps, facts: Facts): Promise<Prepared> {
  const { workspaceId } = ctx;
  const { account, livemode } = facts;
  await lockAccount(tx.db, workspaceId, 'STRIPE', account);
  const existing = await lockCurrentConnection(tx.db, workspaceId, 'STRIPE', account);
  if (existing?.state === 'ACTIVE' || existing?.access === 'OAUTH')
    throw new AlreadyConnectedError(account, existing.id);

  const prepared = existing?.endpointToken
    ? await takeUp(tx, deps, facts, { ...existing, endpointToken: existing.endpointToken })
    : await begin(ctx, tx, deps, facts);
  const { connectionId } = prepared;
  await tx.publish(
    connectionPrepared({ subjectId: connectionId, payload: { connectionId, provider: 'STRIPE', account, livemode } }),
  );
  return prepared;
}

/** A call that broke off, or a connection whose credential stopped working: the same row and URL, the new credential. */
async function takeUp(
  tx: Tx,
  { vault, publicUrl }: ConnectStripeDeps,
  { apiKey, displayName }: Facts,
  existing: Connection & { readonly endpointToken: string },
): Promise<Prepared> {
  const { workspaceId, id } = existing;
  const credential = vault.encrypt(apiKey, credentialPlace(workspaceId, id));
  await saveConnection(tx.db, { ...existing, displayName }, { credential });
  const token = vault.decrypt(existing.endpointToken, tokenPlace(workspaceId, id));
  const [newest] = await secretsOf(tx.db, workspaceId, id);
  return {
    connectionId: id,
    webhookUrl: webhookUrlOf(publicUrl, endpointPathOf(token)),
    knownSecret: newest === undefined ? null : vault.decrypt(newest.sealed, secretPlace(workspaceId, id)),
  };
}

async function begin(
  ctx: UseCaseContext,
  tx: Tx,
  { vault, publicUrl }: ConnectStripeDeps,
  { apiKey, account, livemode, displayName }: Facts,
): Promise<Prepared> {
  const { workspaceId } = ctx;
  const id = ctx.ids.next('conn');
  const token = randomToken(32);
  const path = endpointPathOf(token);
  const connection: Connection = {
    workspaceId,
    id,
    provider: 'STRIPE',
    access: 'API_KEY',
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
  const sealed = {
    credential: vault.encrypt(apiKey, credentialPlace(workspaceId, id)),
    endpointToken: vault.encrypt(token, tokenPlace(workspaceId, id)),
  };
  await insertConnection(tx.db, connection, sealed, sha256Hex(path));
  return { connectionId: id, webhookUrl: webhookUrlOf(publicUrl, path), knownSecret: null };
}

interface Endpoint {
  readonly secret: string;
  readonly providerEndpointId: string | null;
}

async function endpointFor(
  ctx: UseCaseContext,
  deps: ConnectStripeDeps,
  input: ConnectStripe,
  prepared: Prepared & { readonly account: string },
): Promise<Endpoint> {
  const given = input.webhookSecret ?? prepared.knownSecret;
  if (given) return { secret: given, providerEndpointId: null };
  // The URL is part of the key: after a move to another host the same row needs another endpoint, and Stripe refuses a key with other parameters.
  const idempotencyKey = `oppulence-webhook-${prepared.connectionId}-${sha256Hex(prepared.webhookUrl).slice(0, 12)}`;
  const of = { workspaceId: ctx.workspaceId, account: prepared.account };
  try {
    return await deps.stripe.registerWebhook(input.apiKey, { url: prepared.webhookUrl, idempotencyKey }, of);
  } catch (error) {
    if (error instanceof ProviderRefusedError) await forget(ctx, prepared.connectionId);
    throw error;
  }
}

/**
 * Stripe said no, so nothing is on its way: the row that was prepared goes again, unless another call has made it active. One statement and
 * no transaction of the mutation's, or a repeat under the same Idempotency-Key would take this for the step that activates.
 */
async function forget(ctx: UseCaseContext, connectionId: string): Promise<void> {
  await deletePending(ctx.db, ctx.workspaceId, connectionId);
}

/** @returns null when somebody disconnected it meanwhile. */
async function activate(
  ctx: UseCaseContext,
  tx: Tx,
  deps: ConnectStripeDeps,
  prepared: Prepared,
  endpoint: Endpoint,
  apiKey: string,
): Promise<ConnectedStripe | null> {
  const { workspaceId } = ctx;
  const pending = await lockConnection(tx.db, workspaceId, prepared.connectionId);
  if (pending === null) return null;
  if (pending.state === 'DISCONNECTED') {
    const { providerEndpointId } = endpoint;
    // Where it knew of one, ending it has seen to that: two calls that make one connection get the same endpoint from Stripe.
    if (pending.providerEndpointId === null && providerEndpointId !== null)
      await takeBack(tx, deps, pending, providerEndpointId, apiKey);
    return null;
  }
  if (pending.state === 'ACTIVE') throw new AlreadyConnectedError(pending.account, pending.id);

  const { credential: _credential, endpointToken: _token, ...connection } = pending;
  const active: Connection = {
    ...connection,
    state: 'ACTIVE',
    activatedAt: tx.now,
    providerEndpointId: endpoint.providerEndpointId ?? connection.providerEndpointId,
  };
  await saveConnection(tx.db, active);
  await keepSecret(ctx, tx, deps, active.id, endpoint.secret);
  const { id: connectionId, account, livemode } = active;
  await tx.publish(
    connectionCreated({ subjectId: connectionId, payload: { connectionId, provider: 'STRIPE', account, livemode } }),
  );
  const { jobId } = await deps.onStripeConnected(tx, { connectionId, account, livemode });
  return { connection: active, webhookUrl: prepared.webhookUrl, webhookSecret: endpoint.secret, jobId };
}

/** Stripe has registered an endpoint of which the connection did not know when it was ended: it is told as it would have been then. */
async function takeBack(
  tx: Tx,
  { vault }: ConnectStripeDeps,
  { credential: _credential, endpointToken: _token, ...ended }: Connection & SealedParts,
  providerEndpointId: string,
  apiKey: string,
): Promise<void> {
  const credential = vault.encrypt(apiKey, credentialPlace(ended.workspaceId, ended.id));
  await saveConnection(tx.db, { ...ended, providerEndpointId }, { credential });
  await tx.requestEffect({ kind: DELETE_WEBHOOK_ENDPOINT, payload: {}, key: ended.id, subjectId: ended.id });
}
