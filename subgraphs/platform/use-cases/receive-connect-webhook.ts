import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import type { InboxWriter, StoredDelivery } from '#subgraphs/shared/inbox/store.ts';
import { verifyStripeSignature } from '#subgraphs/shared/webhooks/stripe.ts';
import { readStripeEvent } from '../domain/stripe-delivery.ts';
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
}

/**
 * The door for accounts that are connected by OAuth. They share one endpoint of the installation, so the account that the signed event names says
 * whose it is: it is kept in each workspace that has connected the account. Kept nowhere and answered with nothing is what no workspace waits for,
 * such as the events of an account that was disconnected.
 * @throws {PayloadTooLargeError} @throws {NotFoundError} where there is no such endpoint. @throws {WebhookSignatureError}
 * @throws {InboxUnavailableError} when it could not be stored everywhere. A repeat is harmless.
 */
export async function receiveConnectWebhook(
  deps: ReceiveConnectDeps,
  incoming: Pick<IncomingWebhook, 'body' | 'headers'>,
): Promise<readonly StoredDelivery[]> {
  return counted(
    deps,
    'stripe',
    () => keepForAll(deps, incoming),
    (kept) => (kept.length === 0 ? 'unrouted' : kept.some(({ first }) => first) ? 'stored' : 'repeat'),
  );
}

async function keepForAll(
  deps: ReceiveConnectDeps,
  { body, headers }: Pick<IncomingWebhook, 'body' | 'headers'>,
): Promise<readonly StoredDelivery[]> {
  const { endpoints, inbox } = deps;
  const secrets = endpoints.platformSecrets;
  if (body.length > MAX_WEBHOOK_BYTES) throw new PayloadTooLargeError(MAX_WEBHOOK_BYTES);
  if (secrets.length === 0) throw new NotFoundError('webhook endpoint', 'connect');
  const texts = secrets.map(({ secret }) => secret);
  const check = verifyStripeSignature(body, headers['stripe-signature'], texts, deps.wall.now());
  if (!check.ok) throw new WebhookSignatureError(check.reason);
  const matched = secrets[check.secretIndex];
  const event = readStripeEvent(body);
  if (matched === undefined || 'unreadable' in event || event.account === null) return [];
  const { account } = event;
  const livemode = event.livemode ?? matched.livemode;
  if (livemode && !matched.livemode) throw new WebhookSignatureError('A_LIVE_EVENT_BY_A_TEST_SECRET');
  return withinTime(deps, async () => {
    const connections = await endpoints.connected(account, livemode);
    const signed = { secretId: matched.id, timestamp: check.timestamp };
    return Promise.all(
      connections.map((endpoint) => inbox.store(endpoint.workspaceId, deliveryOf(body, endpoint, signed))),
    );
  });
}
