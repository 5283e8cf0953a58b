import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpResponse } from '#subgraphs/shared/http/route.ts';
import type { GraphCall } from '#subgraphs/shared/testing/harness.ts';
import { createAccountsBench, PLATFORM, PUBLIC_URL, type AccountsBench } from './factories.ts';

const START = `mutation ($input: StartStripeAuthorizationInput!) { result: startStripeAuthorization(input: $input) { __typename ... on StartedStripeAuthorization { url expiresAt } ... on UserError { code param message } } }`;
const CONNECTIONS = `{ connections { edges { node { id access state account livemode displayName webhookUrl webhookSecrets { id } } } } }`;
const CREATE = `mutation ($input: CreateConnectionInput!) { result: createConnection(input: $input) { __typename ... on CreatedConnection { connection { id } } ... on UserError { code } } }`;
const RETURN_URL = 'https://app.example.com/settings?tab=stripe';

let bench: AccountsBench;
let here: GraphCall;
beforeAll(async () => {
  bench = await createAccountsBench();
});
afterAll(async () => {
  await bench.close();
});
beforeEach(async () => {
  bench.stripe.reset();
  here = { workspaceId: await bench.harness.newWorkspace() };
});

async function ask(source: string, input: Record<string, unknown>, call = here): Promise<Record<string, unknown>> {
  const { data, codes } = await bench.run(call, source, { input });
  expect(codes).toEqual([]);
  return data?.['result'] as Record<string, unknown>;
}

/** The state that Stripe would send back. */
async function start(input: Record<string, unknown> = { returnUrl: RETURN_URL }): Promise<string> {
  const { url } = await ask(START, input);
  return new URL(String(url)).searchParams.get('state') ?? '';
}

async function comeBack(query: Record<string, string>): Promise<HttpResponse> {
  const [route] = bench.subgraph.routes ?? [];
  if (route === undefined) throw new Error('The callback is not mounted');
  return route.handle({
    params: {},
    query: new URLSearchParams(query),
    headers: {},
    body: Buffer.alloc(0),
    ip: '127.0.0.1',
    url: route.path,
    requestId: 'req_test',
  });
}

/** What Stripe's page gives somebody who agrees. */
function codeFor(account = 'acct_shop', livemode = false): string {
  const code = `ac_${account}_${String(bench.stripe.codes.size)}`;
  bench.stripe.codes.set(code, { account, livemode });
  return code;
}

/** What the program that asked is told in the address. */
function told(answer: HttpResponse): Record<string, string> {
  expect(answer.status).toBe(303);
  const url = new URL(answer.headers?.['location'] ?? '');
  expect(url.href.startsWith(RETURN_URL)).toBe(true);
  url.searchParams.delete('tab');
  return Object.fromEntries(url.searchParams);
}

async function connections(call = here): Promise<readonly Record<string, unknown>[]> {
  const { data } = await bench.run(call, CONNECTIONS);
  return (data?.['connections'] as { edges: { node: Record<string, unknown> }[] }).edges.map(({ node }) => node);
}

async function count(table: string, condition = 'true'): Promise<number> {
  const { rows } = await bench.harness.admin.query(`SELECT 1 FROM ${table} WHERE workspace_id = $1 AND ${condition}`, [
    here.workspaceId,
  ]);
  return rows.length;
}

describe('startStripeAuthorization', () => {
  it('answers Stripe’s page for this platform, with a state that says nothing and lasts an hour', async () => {
    const { url, expiresAt } = await ask(START, {});
    const page = new URL(String(url));
    expect(page.origin + page.pathname).toBe('https://connect.stripe.com/oauth/authorize');
    expect(Object.fromEntries(page.searchParams)).toEqual({
      response_type: 'code',
      client_id: PLATFORM.clientId,
      scope: 'read_write',
      redirect_uri: `${PUBLIC_URL}/v1/oauth/stripe/callback`,
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(new Date(String(expiresAt)).getTime() - bench.harness.wall.now().getTime()).toBe(3_600_000);
    const { rows } = await bench.harness.admin.query('SELECT * FROM accounts.oauth_attempt WHERE workspace_id = $1', [
      here.workspaceId,
    ]);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(page.searchParams.get('state'));
  });

  it('says what is not configured, in a mode without a platform', async () => {
    const live = { workspaceId: await bench.harness.newWorkspace('LIVE'), mode: 'LIVE' as const };
    expect(await ask(START, {}, live)).toMatchObject({
      __typename: 'StripeConnectNotConfiguredError',
      code: 'STRIPE_CONNECT_NOT_CONFIGURED',
      message: expect.stringContaining('STRIPE_CONNECT_LIVE_CLIENT_ID'),
    });
  });

  it('refuses an address that a browser should not be sent to', async () => {
    const answer = await ask(START, { returnUrl: 'javascript:alert(1)' });
    expect(answer).toMatchObject({ __typename: 'ValidationError', param: 'input.returnUrl' });
  });
});

describe('somebody who comes back from Stripe', () => {
  it('and agreed has an active connection that holds no secret, is read, and acts with the platform’s key', async () => {
    const answer = told(await comeBack({ state: await start(), code: codeFor() }));
    const [connection] = await connections();
    expect(connection).toEqual({
      id: answer['connection'],
      access: 'OAUTH',
      state: 'ACTIVE',
      account: 'acct_shop',
      livemode: false,
      displayName: 'Shop acct_shop',
      webhookUrl: null,
      webhookSecrets: [],
    });
    expect(await count('kernel.job')).toBe(1);
    expect(await count('kernel.event', "type = 'accounts.connection.created' AND actor_type = 'API_KEY'")).toBe(1);
    expect(await count('kernel.audit_event', "action = 'finishStripeAuthorization' AND outcome = 'DONE'")).toBe(1);
    const context = bench.harness.context(here.workspaceId);
    expect(await bench.ports.credentials.stripe(context, answer['connection'] ?? '')).toEqual({
      apiKey: PLATFORM.apiKey,
      account: 'acct_shop',
      livemode: false,
      endpointId: expect.stringMatching(/^whe_/),
      throughPlatform: true,
    });
  });

  it('and gave no address to go back to sees a page that says so', async () => {
    const answer = await comeBack({ state: await start({}), code: codeFor() });
    expect(answer.status).toBe(200);
    expect(String(answer.body)).toContain('Your account is connected');
  });

  it('and declined has connected nothing, and cannot agree with the same link', async () => {
    const state = await start();
    const declined = { state, error: 'access_denied', error_description: '<b>no</b>' };
    expect(told(await comeBack(declined))).toEqual({ error: 'access_denied' });
    expect(told(await comeBack({ state, code: codeFor() }))).toEqual({ error: 'oauth_state_invalid' });
    expect(await connections()).toEqual([]);
    expect(bench.stripe.codes.size).toBe(1);
    const page = await comeBack({ ...declined, state: await start({}) });
    expect([page.status, String(page.body).includes('Nothing was connected')]).toEqual([200, true]);
    expect(String(page.body)).not.toContain('<b>');
  });

  it('with a state that was used connects nothing more, twice at once neither', async () => {
    const state = await start();
    const answers = await Promise.all(
      ['acct_a', 'acct_b', 'acct_c'].map((account) => comeBack({ state, code: codeFor(account) }).then(told)),
    );
    expect(answers.filter(({ connection }) => connection !== undefined)).toHaveLength(1);
    expect(answers.filter(({ error }) => error === 'oauth_state_invalid')).toHaveLength(2);
    expect(await connections()).toHaveLength(1);
    // A code that was not taken can still be used: nobody's access was granted for nothing.
    expect(bench.stripe.codes.size).toBe(2);
  });

  it('after an hour connects nothing', async () => {
    const state = await start();
    bench.harness.wall.advance({ hours: 1 });
    expect(told(await comeBack({ state, code: codeFor() }))).toEqual({ error: 'oauth_state_invalid' });
    expect(await connections()).toEqual([]);
  });

  it.each(['', 'forged', 'a'.repeat(43)])(
    'with the state %p, which we never gave out, sees a page and goes nowhere',
    async (state) => {
      const answer = await comeBack({ state, code: codeFor(), returnUrl: 'https://evil.example' });
      expect([answer.status, answer.headers?.['location']]).toEqual([400, undefined]);
      expect(bench.stripe.codes.size).toBe(1);
    },
  );

  it('connects in the workspace that asked and in no other', async () => {
    const elsewhere = { workspaceId: await bench.harness.newWorkspace() };
    await comeBack({ state: await start(), code: codeFor() });
    expect(await connections(elsewhere)).toEqual([]);
    expect(await connections()).toHaveLength(1);
  });

  it('with an account of the other mode has connected nothing', async () => {
    const answer = await comeBack({ state: await start(), code: codeFor('acct_live', true) });
    expect(told(answer)).toEqual({ error: 'livemode_mismatch' });
    expect(await connections()).toEqual([]);
    expect(await count('kernel.audit_event', "outcome = 'REFUSED' AND refusal_code = 'LIVEMODE_MISMATCH'")).toBe(1);
  });

  it('with a code that Stripe does not know has connected nothing', async () => {
    expect(told(await comeBack({ state: await start(), code: 'ac_unknown' }))).toEqual({ error: 'provider_refused' });
    expect(await connections()).toEqual([]);
  });

  it('to a process that dies after the code was taken leaves nothing half, and is asked again', async () => {
    bench.stripe.cut = 'AFTER';
    const state = await start();
    const code = codeFor();
    expect(told(await comeBack({ state, code }))).toEqual({ error: 'provider_unavailable' });
    expect(await connections()).toEqual([]);
    expect(await count('accounts.connection')).toBe(0);
    bench.stripe.cut = null;
    expect(told(await comeBack({ state, code }))).toEqual({ error: 'oauth_state_invalid' });
    expect(told(await comeBack({ state: await start(), code: codeFor() }))).toHaveProperty('connection');
  });
});

describe('an account that is connected already', () => {
  const again = async (): Promise<Record<string, string>> =>
    told(await comeBack({ state: await start(), code: codeFor() }));

  it('by OAuth keeps its connection', async () => {
    expect(await again()).toEqual(await again());
    expect(await count('kernel.job')).toBe(1);
  });

  it('by OAuth, whose access had stopped working, is renewed and read again', async () => {
    const first = await again();
    await bench.harness.admin.query(`UPDATE accounts.connection SET state = 'NEEDS_REAUTH' WHERE workspace_id = $1`, [
      here.workspaceId,
    ]);
    expect(await again()).toEqual(first);
    expect(await connections()).toMatchObject([{ state: 'ACTIVE' }]);
    expect(await count('kernel.event', "type = 'accounts.connection.created'")).toBe(2);
  });

  it('with a key is not touched, and one by OAuth takes no key and no webhook secret', async () => {
    const stripe = { apiKey: 'sk_test_of_acme_12345', webhookSecret: 'whsec_1' };
    await ask(CREATE, { provider: 'STRIPE', stripe });
    const answer = told(await comeBack({ state: await start(), code: codeFor('acct_acme') }));
    expect(answer).toEqual({ error: 'already_connected' });
    await comeBack({ state: await start(), code: codeFor('acct_other') });
    const other = { apiKey: 'sk_test_of_other_1234', webhookSecret: 'whsec_1' };
    expect(await ask(CREATE, { provider: 'STRIPE', stripe: other })).toMatchObject({ code: 'ALREADY_CONNECTED' });
    const [newest] = await connections();
    const add = `mutation ($input: AddWebhookSecretInput!) { result: addWebhookSecret(input: $input) { ... on UserError { code } } }`;
    expect(await ask(add, { connectionId: newest?.['id'], secret: 'whsec_2' })).toEqual({ code: 'CONFLICT' });
  });

  it('and disconnected is connected anew, as another connection', async () => {
    const { connection } = await again();
    await bench.run(here, `mutation { disconnectConnection(input: { id: "${connection ?? ''}" }) { __typename } }`);
    expect(await again()).not.toEqual({ connection });
    expect((await connections()).map(({ state }) => state)).toEqual(['ACTIVE', 'DISCONNECTED']);
  });
});

describe('billing.account.deauthorized', () => {
  const tell = async (connectionId: string, account: string): Promise<void> => {
    const ctx = bench.harness.context(here.workspaceId);
    await ctx.transaction((tx) =>
      tx.publish({
        type: 'billing.account.deauthorized',
        version: 1,
        subjectType: 'Connection',
        subjectId: connectionId,
        payload: { connectionId, account },
      }),
    );
    await bench.harness.pump([bench.subgraph]);
  };
  /** Connections of this workspace that an event of the account would go to. */
  const routed = async (): Promise<readonly string[]> => {
    const all = await bench.ports.endpoints.connected('acct_shop', false);
    return all.filter(({ workspaceId }) => workspaceId === here.workspaceId).map(({ connectionId }) => connectionId);
  };
  const connect = async (): Promise<string> =>
    told(await comeBack({ state: await start(), code: codeFor() }))['connection'] ?? '';

  it('ends the connection for good, so that its events find nobody', async () => {
    const id = await connect();
    expect(await routed()).toEqual([id]);
    bench.stripe.connected.delete('acct_shop');
    await tell(id, 'acct_shop');
    expect(await connections()).toMatchObject([{ id, state: 'DISCONNECTED', access: 'OAUTH' }]);
    expect(await routed()).toEqual([]);
    expect(await bench.ports.credentials.stripe(bench.harness.context(here.workspaceId), id)).toBeNull();
    // Stripe said so itself.
    expect(await count('kernel.effect')).toBe(0);
    expect(bench.stripe.told).toEqual([]);
  });

  it('that comes late, when the account was connected anew, ends nothing', async () => {
    const id = await connect();
    await tell(id, 'acct_shop');
    expect(await connections()).toMatchObject([{ id, state: 'ACTIVE' }]);
  });

  it('waits while Stripe refuses the platform’s own key, which says nothing of the account', async () => {
    const id = await connect();
    bench.stripe.connected.delete('acct_shop');
    bench.stripe.refuses = true;
    await tell(id, 'acct_shop');
    expect(await connections()).toMatchObject([{ id, state: 'ACTIVE' }]);
    bench.stripe.refuses = false;
    bench.harness.wall.advance({ hours: 1 });
    await bench.harness.pump([bench.subgraph]);
    expect(await connections()).toMatchObject([{ id, state: 'DISCONNECTED' }]);
  });

  it('of an account behind the connection, or of a connection with a key, ends nothing', async () => {
    const id = await connect();
    bench.stripe.connected.clear();
    await tell(id, 'acct_behind');
    const stripe = { apiKey: 'sk_test_of_acme_12345', webhookSecret: 'whsec_1' };
    const { connection } = (await ask(CREATE, { provider: 'STRIPE', stripe })) as { connection: { id: string } };
    await tell(connection.id, 'acct_acme');
    expect((await connections()).map(({ state }) => state)).toEqual(['ACTIVE', 'ACTIVE']);
  });
});
