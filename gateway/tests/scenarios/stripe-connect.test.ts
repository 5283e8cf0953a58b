import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openShop, stripeAt } from '#cli/demo/merchant.ts';
import { eventually, startStack, type Stack } from '#cli/testing/stack.ts';
import { signStripePayload } from '#subgraphs/shared/webhooks/stripe.ts';

const letters = randomBytes(8).toString('hex');
const platform = { apiKey: `sk_test_${letters}`, clientId: `ca_test_${letters}`, webhookSecrets: [] as string[] };

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    config: async (config) => {
      const endpoint = await stripeAt(config.stripeApiBase, platform.apiKey).webhookEndpoints.create({
        url: `${config.publicUrl}/v1/webhooks/stripe/connect`,
        enabled_events: ['*'],
        connect: true,
      });
      platform.webhookSecrets.push(endpoint.secret ?? '');
      return { ...config, stripeConnect: { LIVE: null, TEST: platform } };
    },
  });
}, 90_000);
afterAll(async () => {
  await stack.close();
});

const START = `mutation($input: StartStripeAuthorizationInput!) { startStripeAuthorization(input: $input) { __typename ... on StartedStripeAuthorization { url } ... on UserError { message } } }`;
const DISCONNECT = `mutation($input: DisconnectConnectionInput!) { disconnectConnection(input: $input) { __typename } }`;
const STATE = `{
  connections { edges { node { id state access account webhookUrl } } }
  syncRuns { edges { node { kind state } } }
  customers(first: 100) { totalCount edges { node { stripeId name } } }
  inboxEvents(first: 100) { totalCount edges { node { type account webhookSecretId state } } }
}`;

interface State {
  readonly connections: {
    readonly edges: readonly { readonly node: { readonly id: string; readonly state: string } }[];
  };
  readonly syncRuns: {
    readonly edges: readonly { readonly node: { readonly kind: string; readonly state: string } }[];
  };
  readonly customers: { readonly edges: readonly { readonly node: { readonly name: string } }[] };
  readonly inboxEvents: { readonly edges: readonly { readonly node: { readonly type: string } }[] };
}

/** What a browser does on Stripe's page and after it. @returns where it ends. */
async function goThrough(url: string, account: string, answer: 'authorize' | 'decline'): Promise<URL> {
  const form = new URLSearchParams([...new URL(url).searchParams, ['account', account], ['answer', answer]]);
  const page = await fetch(`${stack.sandboxUrl}/oauth/authorize`, { method: 'POST', body: form, redirect: 'manual' });
  const back = await fetch(page.headers.get('location') ?? '', { redirect: 'manual' });
  expect(back.status).toBe(303);
  return new URL(back.headers.get('location') ?? '');
}

/** Stripe's page, with the state of a workspace's attempt. */
async function startIn(apiKey: string): Promise<string> {
  const input = { returnUrl: 'https://app.example.com/done' };
  const started = await stack.graph(apiKey).run<{ startStripeAuthorization: { url: string } }>(START, { input });
  return started.startStripeAuthorization.url;
}

it('an account that is connected on Stripe’s page is read, followed by its own events, and let go of when it takes its access away', async () => {
  const workspace = await stack.createWorkspace();
  const graph = stack.graph(workspace.apiKey);
  const merchant = await openShop(stack.sandboxUrl, `sk_test_${randomBytes(8).toString('hex')}`, new Date());
  const { id: account } = await merchant.stripe.accounts.retrieveCurrent();
  const state = (): Promise<State> => graph.run<State>(STATE);
  const start = (): Promise<string> => startIn(workspace.apiKey);
  const names = async (): Promise<string[]> => (await state()).customers.edges.map(({ node }) => node.name);

  const declined = await goThrough(await start(), merchant.stripeKey, 'decline');
  expect(declined.href).toBe('https://app.example.com/done?error=access_denied');
  expect((await state()).connections.edges).toEqual([]);

  const end = await goThrough(await start(), merchant.stripeKey, 'authorize');
  const connectionId = end.searchParams.get('connection');
  expect((await state()).connections.edges).toMatchObject([
    { node: { id: connectionId, state: 'ACTIVE', access: 'OAUTH', account, webhookUrl: null } },
  ]);
  await eventually(
    'the account was read',
    async () =>
      (await state()).syncRuns.edges.some(({ node }) => node.kind === 'BACKFILL' && node.state === 'SUCCEEDED'),
    45_000,
  );
  expect((await names()).sort()).toEqual(merchant.subscribers.map(({ name }) => name).sort());

  await merchant.stripe.customers.create({ name: 'Juniper Labs' });
  await eventually('the new customer is known', async () => (await names()).includes('Juniper Labs'), 30_000);
  expect((await state()).inboxEvents.edges).toMatchObject([
    { node: { type: 'customer.created', account, webhookSecretId: expect.stringMatching(/^platform_/) } },
  ]);

  await fetch(`${stack.sandboxUrl}/__sandbox/accounts/${account}/revoke`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: platform.clientId }),
  });
  const ended = async (): Promise<boolean> => (await state()).connections.edges[0]?.node.state === 'DISCONNECTED';
  await eventually('the connection has ended', ended, 30_000);

  // A late event of that account: kept for the operator, and wakes nothing up.
  const known = (await state()).inboxEvents.edges.length;
  const late = JSON.stringify({
    id: 'evt_late',
    object: 'event',
    type: 'customer.updated',
    account,
    created: Math.floor(Date.now() / 1000),
    livemode: false,
    data: { object: { id: 'cus_late', object: 'customer' } },
  });
  const answer = await fetch(`${stack.url}/v1/webhooks/stripe/connect`, {
    method: 'POST',
    body: late,
    headers: { 'stripe-signature': signStripePayload(late, platform.webhookSecrets[0] ?? '', new Date()) },
  });
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { received: true, event_id: expect.stringMatching(/^unr_/) },
  ]);
  expect(await ended()).toBe(true);
  expect((await state()).inboxEvents.edges).toHaveLength(known);
  expect(await names()).toContain('Juniper Labs');
}, 180_000);

it('an account that two workspaces have connected stays authorized at Stripe until both have disconnected it', async () => {
  const stripeKey = `sk_test_${randomBytes(8).toString('hex')}`;
  const { id: account } = await stripeAt(stack.sandboxUrl, stripeKey).accounts.retrieveCurrent();
  const asPlatform = stripeAt(stack.sandboxUrl, platform.apiKey);
  const read = (): Promise<{ id: string }> => asPlatform.accounts.retrieveCurrent({}, { stripeAccount: account });
  const connected = [];
  for (const { workspaceId, apiKey } of [await stack.createWorkspace(), await stack.createWorkspace()]) {
    const end = await goThrough(await startIn(apiKey), stripeKey, 'authorize');
    const id = end.searchParams.get('connection');
    const told = async (): Promise<string | undefined> => {
      const { rows } = await stack.admin.query<{ state: string }>(
        `SELECT state FROM kernel.effect WHERE workspace_id = $1 AND kind = 'accounts.deauthorize-account'`,
        [workspaceId],
      );
      return rows[0]?.state;
    };
    connected.push({ told, disconnect: () => stack.graph(apiKey).run(DISCONNECT, { input: { id } }) });
  }
  const [first, second] = connected;

  await first?.disconnect();
  await eventually('the first is over', async () => (await first?.told()) === 'DROPPED');
  expect(await read()).toMatchObject({ id: account });
  await second?.disconnect();
  await eventually('the second is over', async () => (await second?.told()) === 'DONE');
  await expect(read()).rejects.toMatchObject({ code: 'account_invalid' });
}, 60_000);
