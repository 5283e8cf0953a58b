import { sha256Hex } from '#subgraphs/shared/crypto/crypto.ts';
import { DomainError, NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import type { Delivery, StoredDelivery } from '#subgraphs/shared/inbox/store.ts';
import type { Counting } from '#subgraphs/shared/metrics/metrics.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';
import { type StripeSignatureCheck, verifyStripeSignature } from '#subgraphs/shared/webhooks/stripe.ts';
import { readStripeEvent, type ReadEvent } from '../domain/stripe-delivery.ts';
import { InboxUnavailableError, PayloadTooLargeError, WebhookSignatureError } from '../errors.ts';
import type { EndpointSecret, EndpointsPort, WebhookEndpoint } from '../ports.ts';

/** 1.5 MB: three times the largest event Stripe is known to send. */
export const MAX_WEBHOOK_BYTES = 1_500_000;
/** So that the answer is out within five seconds. */
const STORED_WITHIN_MS = 4_000;

export interface ReceiveWebhookDeps {
  readonly endpoints: EndpointsPort;
  readonly wall: Clock;
  /** Wall time after which the sender is told to try again; 4 s. */
  readonly storedWithinMs?: number;
  /** Where answers to senders are counted. */
  readonly metrics?: Counting;
}

export interface IncomingWebhook {
  /** As in the URL: `stripe`. */
  readonly provider: string;
  readonly endpointPath: string;
  /** The bytes as they came: the signature is made over these. */
  readonly body: Buffer;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Keeps a delivery for good, in the endpoint's workspace. */
export type KeepDelivery = (delivery: Delivery) => Promise<StoredDelivery>;

type KeeperOf = (endpoint: WebhookEndpoint) => KeepDelivery | null;

/**
 * Both doors of the inbox lead here. What is correctly signed is kept, whatever it says; what it means is found out later.
 * `keeperOf` says how it is kept, or null if the caller may not hand in for this endpoint.
 * @throws {PayloadTooLargeError} over 1.5 MB.
 * @throws {NotFoundError} for an endpoint that does not exist, or not for this caller.
 * @throws {WebhookSignatureError} when the signature does not fit or is older than five minutes. Nothing is stored.
 * @throws {InboxUnavailableError} when it could not be stored within four seconds. A repeat is harmless.
 */
export async function receiveWebhook(
  deps: ReceiveWebhookDeps,
  incoming: IncomingWebhook,
  keeperOf: KeeperOf,
): Promise<StoredDelivery> {
  const provider = incoming.provider === 'stripe' ? 'stripe' : 'other';
  return counted(
    deps,
    provider,
    () => keepVerified(deps, incoming, keeperOf),
    ({ first }) => (first ? 'stored' : 'repeat'),
  );
}

/** Counts a delivery by how its sender is answered. */
export async function counted<T>(
  { metrics }: Pick<ReceiveWebhookDeps, 'metrics'>,
  provider: 'stripe' | 'other',
  receive: () => Promise<T>,
  outcomeOf: (received: T) => 'stored' | 'repeat' | 'unrouted',
): Promise<T> {
  try {
    const received = await receive();
    metrics?.count('webhook_deliveries_total', { provider, outcome: outcomeOf(received) });
    return received;
  } catch (error) {
    const outcome = error instanceof InboxUnavailableError ? 'unavailable' : 'refused';
    metrics?.count('webhook_deliveries_total', { provider, outcome });
    throw error;
  }
}

async function keepVerified(
  deps: ReceiveWebhookDeps,
  incoming: IncomingWebhook,
  keeperOf: KeeperOf,
): Promise<StoredDelivery> {
  if (incoming.body.length > MAX_WEBHOOK_BYTES) throw new PayloadTooLargeError(MAX_WEBHOOK_BYTES);
  return withinTime(deps, async () => {
    const { endpoint, check } = await verified(deps, incoming);
    const keep = keeperOf(endpoint);
    if (keep === null) throw new NotFoundError('webhook endpoint', incoming.endpointPath);
    if (!check.ok) throw new WebhookSignatureError(check.reason);
    const matched = endpoint.secrets[check.secretIndex];
    const secretId = matched?.id ?? null;
    const stored = await keep(deliveryOf(incoming.body, endpoint, { secretId, timestamp: check.timestamp }));
    if (matched) noteMatch(deps, endpoint, matched);
    return stored;
  });
}

/** A signature that does not fit may be of a secret that was added since the endpoint was looked up. */
async function verified(
  { endpoints, wall }: ReceiveWebhookDeps,
  { provider, endpointPath, body, headers }: IncomingWebhook,
): Promise<{ readonly endpoint: WebhookEndpoint; readonly check: StripeSignatureCheck }> {
  const look = async (fresh: boolean): Promise<{ endpoint: WebhookEndpoint; check: StripeSignatureCheck }> => {
    const endpoint = await endpoints.resolve(provider, endpointPath, { fresh });
    if (endpoint === null) throw new NotFoundError('webhook endpoint', endpointPath);
    const secrets = endpoint.secrets.map(({ secret }) => secret);
    return { endpoint, check: verifyStripeSignature(body, headers['stripe-signature'], secrets, wall.now()) };
  };
  const known = await look(false);
  return known.check.ok ? known : look(true);
}

function noteMatch(
  { endpoints, metrics }: ReceiveWebhookDeps,
  { workspaceId }: WebhookEndpoint,
  secret: EndpointSecret,
): void {
  endpoints.noteMatch(workspaceId, secret.id);
  // Stripe signs with both while it rolls, and the newer is tried first: this one alone fits, so deliveries will be refused when it has expired.
  if (secret.expires) metrics?.count('webhook_expiring_secret_total', { provider: 'stripe' });
}

/** What is kept of a delivery that was correctly signed. */
export function deliveryOf(
  body: Buffer,
  endpoint: Omit<WebhookEndpoint, 'secrets'>,
  signed: { secretId: string | null; timestamp: Date },
): Delivery {
  const { endpointId, connectionId } = endpoint;
  const always = {
    provider: 'STRIPE',
    endpointId,
    connectionId,
    secretId: signed.secretId,
    signedAt: signed.timestamp,
    body,
  };
  const event = readStripeEvent(body);
  if ('unreadable' in event) {
    // Not under an id that it may contain: the readable event of that id would then count as a repeat.
    const unknown = {
      eventType: null,
      eventCreatedAt: null,
      account: endpoint.account,
      livemode: null,
      apiVersion: null,
      objectId: null,
    };
    return {
      ...always,
      ...unknown,
      providerEventId: `sha256:${sha256Hex(body)}`,
      state: 'DEAD',
      reason: event.unreadable,
    };
  }
  return {
    ...always,
    providerEventId: event.id,
    eventType: event.type,
    eventCreatedAt: event.createdAt,
    account: event.account ?? endpoint.account,
    livemode: event.livemode,
    apiVersion: event.apiVersion,
    objectId: event.objectId,
    ...stateOf(event, endpoint),
  };
}

/** A Connect endpoint gets live and test events of accounts that are connected in both modes; only one kind belongs into a workspace. */
function stateOf(event: ReadEvent, endpoint: Pick<WebhookEndpoint, 'livemode'>): Pick<Delivery, 'state' | 'reason'> {
  if (event.livemode === null || event.livemode === endpoint.livemode) return { state: 'RECEIVED' };
  const [is, belongs] = event.livemode ? ['live', 'test'] : ['test', 'live'];
  return { state: 'IGNORED', reason: `It is a ${is} event, and the connection is a ${belongs} one.` };
}

/** Whatever keeps it from being stored is one answer to the sender: send it again. Refusals pass. */
export async function withinTime<T>(
  { storedWithinMs: limitMs = STORED_WITHIN_MS }: Pick<ReceiveWebhookDeps, 'storedWithinMs'>,
  work: () => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new InboxUnavailableError(new Error(`not stored within ${String(limitMs)} ms`)));
    }, limitMs);
    work().then(
      (done) => {
        clearTimeout(late);
        resolve(done);
      },
      (error: unknown) => {
        clearTimeout(late);
        reject(error instanceof DomainError ? error : new InboxUnavailableError(error));
      },
    );
  });
}
