import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connectStripeAt } from '#cli/commands/connection-create.ts';
import { stripeAt } from '#cli/demo/merchant.ts';
import { eventually, startStack, type Stack } from '#cli/testing/stack.ts';
import { signStripePayload } from '#subgraphs/shared/webhooks/stripe.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
}, 60_000);
afterAll(async () => {
  await stack.close();
});

const SECRETS = `webhookSecrets { id lastFour expiresAt lastMatchedAt }`;
const ROLL = `mutation($input: RollWebhookSecretInput!) { rollWebhookSecret(input: $input) { __typename ... on Connection { ${SECRETS} } ... on UserError { message } } }`;
const STATE = `{ connections { edges { node { ${SECRETS} } } } inboxEvents { edges { node { providerEventId webhookSecretId } } } }`;

interface Secret {
  readonly id: string;
  readonly lastFour: string;
  readonly expiresAt: string | null;
  readonly lastMatchedAt: string | null;
}

interface State {
  readonly connections: {
    readonly edges: readonly { readonly node: { readonly webhookSecrets: readonly Secret[] } }[];
  };
  readonly inboxEvents: {
    readonly edges: readonly {
      readonly node: { readonly providerEventId: string; readonly webhookSecretId: string };
    }[];
  };
}

it('a rolled webhook secret counts until it expires: each delivery shows which secret fitted, and after that it is refused and not kept', async () => {
  const workspace = await stack.createWorkspace();
  const graph = stack.graph(workspace.apiKey);
  const { webhookUrl } = await connectStripeAt(`${stack.url}/graphql`, workspace.apiKey, {
    apiKey: `sk_test_${randomUUID().replaceAll('-', '')}`,
    webhookSecret: 'whsec_theOldOne',
  });
  const state = async (): Promise<{ secrets: readonly Secret[]; kept: ReadonlyMap<string, string> }> => {
    const { connections, inboxEvents } = await graph.run<State>(STATE);
    return {
      secrets: connections.edges[0]?.node.webhookSecrets ?? [],
      kept: new Map(inboxEvents.edges.map(({ node }) => [node.providerEventId, node.webhookSecretId])),
    };
  };
  const deliver = async (id: string, secret: string): Promise<number> => {
    const event = { id, object: 'event', type: 'customer.updated', created: 1_790_000_000, livemode: false };
    const body = JSON.stringify({ ...event, data: { object: { id: 'cus_1', object: 'customer' } } });
    const headers = { 'stripe-signature': signStripePayload(body, secret, new Date()) };
    return (await fetch(webhookUrl, { method: 'POST', body, headers })).status;
  };

  const [old] = (await state()).secrets;
  const roll = async (inMs: number): Promise<void> => {
    const oldExpiresAt = new Date(Date.now() + inMs).toISOString();
    const input = { id: old?.id, newSecret: 'whsec_theNewOne', oldExpiresAt };
    const { rollWebhookSecret } = await graph.run<{ rollWebhookSecret: { __typename: string } }>(ROLL, { input });
    expect(rollWebhookSecret).toMatchObject({ __typename: 'Connection' });
  };
  await roll(3_600_000);
  expect(await deliver('evt_old', 'whsec_theOldOne')).toBe(200);
  expect(await deliver('evt_new', 'whsec_theNewOne')).toBe(200);
  const shown = await eventually('both were matched', async () => {
    const now = await state();
    return now.secrets.every(({ lastMatchedAt }) => lastMatchedAt !== null) && now;
  });
  const [added] = shown.secrets;
  expect(shown.secrets).toMatchObject([{ expiresAt: null }, { id: old?.id, expiresAt: expect.any(String) }]);
  expect([...shown.kept].sort()).toEqual([
    ['evt_new', added?.id],
    ['evt_old', old?.id],
  ]);

  await roll(1_000);
  await eventually('the old one has expired', async () => (await deliver('evt_old', 'whsec_theOldOne')) === 400);
  expect(await deliver('evt_late', 'whsec_theOldOne')).toBe(400);
  expect(await deliver('evt_later', 'whsec_theNewOne')).toBe(200);
  expect([...(await state()).kept.keys()].sort()).toEqual(['evt_later', 'evt_new', 'evt_old']);
}, 60_000);

it('a webhook endpoint that was registered for a connection is gone at Stripe when the connection has ended, and so is the key', async () => {
  const workspace = await stack.createWorkspace();
  const stripeKey = `sk_test_${randomUUID().replaceAll('-', '')}`;
  const endpoints = async (): Promise<readonly string[]> =>
    (await stripeAt(stack.sandboxUrl, stripeKey).webhookEndpoints.list()).data.map(({ url }) => url);
  const { connectionId, webhookUrl } = await connectStripeAt(`${stack.url}/graphql`, workspace.apiKey, {
    apiKey: stripeKey,
  });
  expect(await endpoints()).toEqual([webhookUrl]);
  const disconnect = `mutation($input: DisconnectConnectionInput!) { disconnectConnection(input: $input) { __typename } }`;
  await stack.graph(workspace.apiKey).run(disconnect, { input: { id: connectionId } });
  await eventually('the endpoint is gone', async () => (await endpoints()).length === 0);
  await eventually('the key is gone', async () => {
    const { rowCount } = await stack.admin.query(
      'SELECT FROM accounts.connection WHERE id = $1 AND credential IS NULL',
      [connectionId],
    );
    return rowCount === 1;
  });
}, 60_000);
