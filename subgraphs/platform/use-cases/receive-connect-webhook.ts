import { sha256Hex } from '#subgraphs/shared/crypto/crypto.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import { systemIds } from '#subgraphs/shared/ids/ids.ts';
import type { InboxWriter, StoredDelivery } from '#subgraphs/shared/inbox/store.ts';
import { keepUnrouted, type UnroutedDelivery } from '#subgraphs/shared/inbox/unrouted.ts';
import { verifyStripeSignature } from '#subgraphs/shared/webhooks/stripe.ts';
import { type ReadEvent, readStripeEvent } from '../domain/stripe-delivery.ts';
import { PayloadTooLargeError, WebhookSignatureError } from '../errors.ts';
import {
  counted,
  deliveryOf,
  MAX_WEBHOOK_BYTES,
  withinTime,
  type IncomingWebhook,
  type ReceiveWebhookDeps,
} from './receive-webhook.ts';

export interface ReceiveConnectDeps extends ReceiveWebhookDeps {
  readonly inbox: InboxWriter;
  readonly system: Pick<SystemDb, 'query'>;
}

interface Received {
  readonly kept: readonly StoredDelivery[];
  /** Whether it is kept for whoever runs this installation, since it is no workspace's. */
  readonly unrouted: boolean;
}

/**
 * The door for accounts that are connected by OAuth. They share one endpoint of the installation, so the account that the signed event names says
 * whose it is: it is kept in each workspace that has connected the account. What is no workspace's is kept apart from all of them, for whoever
 * runs this installation: what cannot be read, and events of an account that nobody has connected yet, or no longer.
 * @throws {PayloadTooLargeError} @throws {NotFoundError} where there is no such endpoint. @throws {WebhookSignatureError}
 * @throws {InboxUnavailableError} when it could not be stored everywhere. A repeat is harmless.
 */
export async function receiveConnectWebhook(
  deps: ReceiveConnectDeps,
  incoming: Pick<IncomingWebhook, 'body' | 'headers'>,
): Promise<readonly StoredDelivery[]> {
  const { kept } = await counted(
    deps,
    'stripe',
    () => keepForAll(deps, incoming),
    (received) => (received.unrouted ? 'unrouted' : received.kept.some(({ first }) => first) ? 'stored' : 'repeat'),
  );
  return kept;
}

async function keepForAll(
  deps: ReceiveConnectDeps,
  { body, headers }: Pick<IncomingWebhook, 'body' | 'headers'>,
): Promise<Received> {
  const { endpoints, inbox } = deps;
  const secrets = endpoints.platformSecrets;
  if (body.length > MAX_WEBHOOK_BYTES) throw new PayloadTooLargeError(MAX_WEBHOOK_BYTES);
  if (secrets.length === 0) throw new NotFoundError('webhook endpoint', 'connect');
  const texts = secrets.map(({ secret }) => secret);
  const check = verifyStripeSignature(body, headers['stripe-signature'], texts, deps.wall.now());
  if (!check.ok) throw new WebhookSignatureError(check.reason);
  const matched = secrets[check.secretIndex];
  if (matched === undefined) throw new Error('A signature fits a secret that there is not');
  const event = readStripeEvent(body);
  const signed = { secretId: matched.id, timestamp: check.timestamp };
  const aside = async (delivery: UnroutedDelivery): Promise<Received> => ({
    kept: [await keepUnrouted({ system: deps.system, ids: systemIds }, delivery, deps.wall.now())],
    unrouted: true,
  });
  if ('unreadable' in event) return withinTime(deps, () => aside(unreadable(body, event.unreadable, signed)));
  const { account } = event;
  const livemode = event.livemode ?? matched.livemode;
  if (livemode && !matched.livemode) throw new WebhookSignatureError('A_LIVE_EVENT_BY_A_TEST_SECRET');
  return withinTime(deps, async () => {
    const connections = account === null ? [] : await endpoints.connected(account, livemode);
    if (connections.length === 0) return aside(unknown(body, { ...event, livemode }, signed));
    const kept = connections.map((endpoint) => inbox.store(endpoint.workspaceId, deliveryOf(body, endpoint, signed)));
    return { kept: await Promise.all(kept), unrouted: false };
  });
}

interface Signed {
  readonly secretId: string;
  readonly timestamp: Date;
}

const asSigned = (
  body: Buffer,
  { secretId, timestamp: signedAt }: Signed,
): Pick<UnroutedDelivery, 'provider' | 'secretId' | 'signedAt' | 'body'> => ({
  provider: 'STRIPE',
  secretId,
  signedAt,
  body,
});

function unreadable(body: Buffer, reason: string, signed: Signed): UnroutedDelivery {
  const nothing = { eventType: null, account: null, livemode: null, objectId: null };
  return { ...asSigned(body, signed), ...nothing, providerEventId: `sha256:${sha256Hex(body)}`, state: 'DEAD', reason };
}

function unknown(body: Buffer, { id, type, account, livemode, objectId }: ReadEvent, signed: Signed): UnroutedDelivery {
  const told = { ...asSigned(body, signed), providerEventId: id, eventType: type, account, livemode, objectId };
  if (account !== null) return { ...told, state: 'UNROUTED', reason: null };
  return { ...told, state: 'IGNORED', reason: 'It names no connected account.' };
}
