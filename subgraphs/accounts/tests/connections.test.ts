import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { GraphCall } from '#subgraphs/shared/testing/harness.ts';
import { createAccountsBench, PUBLIC_URL, type AccountsBench } from './factories.ts';

const CREATE = `mutation ($input: CreateConnectionInput!) { createConnection(input: $input) { __typename
  ... on CreatedConnection { connection { id state account livemode displayName webhookUrl } webhookUrl webhookSecret job { id } }
  ... on UserError { code message param } ... on AlreadyConnectedError { connectionId } } }`;
const DISCONNECT = `mutation ($id: ID!) { disconnectConnection(input: { id: $id }) { __typename ... on Connection { id state webhookUrl disconnectedAt } ... on UserError { code } } }`;
const KEY = 'sk_test_of_acme_12345';

interface Created {
  readonly __typename: string;
  readonly connection: { readonly id: string; readonly state: string };
  readonly webhookUrl: string;
  readonly webhookSecret: string;
  readonly job: { readonly id: string };
}

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
afterEach(async () => {
  await bench.harness.admin.query('DELETE FROM kernel.effect'); // pumping carries out what an earlier test left
});

async function connect(
  stripe: Record<string, unknown> = { apiKey: KEY },
  call: GraphCall = here,
): Promise<Created & Record<string, unknown>> {
  const { data, codes } = await bench.run(call, CREATE, { input: { provider: 'STRIPE', stripe } });
  expect(codes).toEqual([]);
  return data?.['createConnection'] as Created & Record<string, unknown>;
}

const pathOf = (url: string): string => url.split('/').at(-1) ?? '';
/** Rows of a table in one workspace, as the database really has them. */
async function count(table: string, condition = 'true', workspaceId = here.workspaceId): Promise<number> {
  const { rows } = await bench.harness.admin.query(`SELECT 1 FROM ${table} WHERE workspace_id = $1 AND ${condition}`, [
    workspaceId,
  ]);
  return rows.length;
}

describe('createConnection', () => {
  it('connects the account, registers its endpoint at Stripe and starts reading it', async () => {
    const created = await connect();
    expect(created).toMatchObject({
      __typename: 'CreatedConnection',
      connection: {
        state: 'ACTIVE',
        account: 'acct_acme',
        livemode: false,
        displayName: 'Acme',
        webhookUrl: created.webhookUrl,
      },
      webhookSecret: 'whsec_1',
    });
    expect(created.webhookUrl).toMatch(new RegExp(`^${PUBLIC_URL}/v1/webhooks/stripe/whe_[\\w-]{43}$`));
    expect([...bench.stripe.endpoints.values()]).toEqual([expect.objectContaining({ url: created.webhookUrl })]);
    expect(await count('kernel.job', `id = '${created.job.id}'`)).toBe(1);
    const { rows } = await bench.harness.admin.query(
      "SELECT payload FROM kernel.event WHERE type = 'accounts.connection.created' AND workspace_id = $1",
      [here.workspaceId],
    );
    expect(rows).toEqual([
      { payload: { connectionId: created.connection.id, provider: 'STRIPE', account: 'acct_acme', livemode: false } },
    ]);
  });

  it('keeps no secret in clear, in no table', async () => {
    const created = await connect();
    const { rows } = await bench.harness.admin.query<{ text: string }>(`
      SELECT string_agg(t::text, ' ') AS text FROM (SELECT c::text FROM accounts.connection c UNION ALL SELECT e::text FROM kernel.event e
      UNION ALL SELECT a::text FROM kernel.audit_event a UNION ALL SELECT j::text FROM kernel.job j UNION ALL SELECT i::text FROM kernel.idempotency_key i) AS t(t)`);
    for (const secret of [KEY, created.webhookSecret, pathOf(created.webhookUrl)])
      expect(rows[0]?.text).not.toContain(secret);
  });

  it('takes the signing secret of an endpoint that is registered by hand', async () => {
    const created = await connect({ apiKey: KEY, webhookSecret: 'whsec_by_hand' });
    expect(created).toMatchObject({ __typename: 'CreatedConnection', webhookSecret: 'whsec_by_hand' });
    expect(bench.stripe.endpoints.size).toBe(0);
    expect(await bench.ports.endpoints.resolve('stripe', pathOf(created.webhookUrl))).toMatchObject({
      secrets: [{ secret: 'whsec_by_hand', expires: false }],
    });
  });

  it('refuses the same account a second time, whatever key it comes with, and another workspace may have it', async () => {
    const first = await connect();
    const second = await connect({ apiKey: 'rk_test_of_acme_67890' });
    expect(second).toMatchObject({
      __typename: 'AlreadyConnectedError',
      code: 'ALREADY_CONNECTED',
      connectionId: first.connection.id,
    });
    const elsewhere = await connect({ apiKey: KEY }, { workspaceId: await bench.harness.newWorkspace() });
    expect(elsewhere).toMatchObject({ __typename: 'CreatedConnection' });
  });

  it('asked twice at once makes one connection, one endpoint and one job', async () => {
    const answers = await Promise.all([connect(), connect(), connect()]);
    expect(answers.map(({ __typename }) => __typename).sort()).toEqual([
      'AlreadyConnectedError',
      'AlreadyConnectedError',
      'CreatedConnection',
    ]);
    expect(bench.stripe.endpoints.size).toBe(1);
    expect(await count('accounts.connection')).toBe(1);
    expect(await count('kernel.job')).toBe(1);
  });

  it('repeated with the same Idempotency-Key answers the same, secret included', async () => {
    const call = { ...here, idempotencyKey: 'once' };
    expect(await connect({ apiKey: KEY }, call)).toEqual(await connect({ apiKey: KEY }, call));
    expect(await count('kernel.job')).toBe(1);
  });

  it.each([
    { mode: 'TEST' as const, apiKey: 'sk_live_of_acme_12345' },
    { mode: 'LIVE' as const, apiKey: KEY },
  ])('refuses $apiKey in a $mode workspace, names the field and keeps nothing', async ({ mode, apiKey }) => {
    const workspaceId = await bench.harness.newWorkspace(mode);
    const answer = await connect({ apiKey }, { workspaceId, mode });
    expect(answer).toMatchObject({
      __typename: 'LivemodeMismatchError',
      code: 'LIVEMODE_MISMATCH',
      param: 'input.stripe.apiKey',
    });
    expect(await count('accounts.connection', 'true', workspaceId)).toBe(0);
  });

  it.each([
    { what: 'no stripe', stripe: null, answer: { __typename: 'ValidationError', param: 'input.stripe' } },
    {
      what: 'a publishable key',
      stripe: { apiKey: 'pk_test_of_acme_12345' },
      answer: { __typename: 'ValidationError', param: 'input.stripe.apiKey' },
    },
    {
      what: 'a secret that is none',
      stripe: { apiKey: KEY, webhookSecret: 'secret' },
      answer: { __typename: 'ValidationError', param: 'input.stripe.webhookSecret' },
    },
    {
      what: 'a key that Stripe does not know',
      stripe: { apiKey: 'sk_test_of_nobody_123' },
      answer: { __typename: 'ProviderRefusedError', code: 'PROVIDER_REFUSED' },
    },
  ])('refuses $what and keeps nothing', async ({ stripe, answer }) => {
    const { data } = await bench.run(here, CREATE, { input: { provider: 'STRIPE', stripe } });
    expect(data?.['createConnection']).toMatchObject(answer);
    expect(await count('accounts.connection')).toBe(0);
  });

  it('keeps nothing when Stripe refuses the endpoint, and works once the key may', async () => {
    bench.stripe.refuses = true;
    expect(await connect()).toMatchObject({ __typename: 'ProviderRefusedError' });
    expect(await count('accounts.connection')).toBe(0);
    bench.stripe.refuses = false;
    expect(await connect()).toMatchObject({ __typename: 'CreatedConnection' });
  });

  it.each(['BEFORE', 'AFTER'] as const)(
    'taken up again after the connection broke %s Stripe registered the endpoint has one row and one endpoint',
    async (cut) => {
      bench.stripe.cut = cut;
      expect(await connect()).toMatchObject({ __typename: 'ProviderUnavailableError' });
      const list = await bench.run(here, '{ connections { edges { node { id state } } } }');
      expect(list.data?.['connections']).toMatchObject({ edges: [{ node: { state: 'PENDING' } }] });
      bench.stripe.cut = null;
      const created = await connect({ apiKey: 'rk_test_of_acme_67890' });
      expect(created).toMatchObject({ __typename: 'CreatedConnection', connection: { state: 'ACTIVE' } });
      expect(bench.stripe.endpoints.size).toBe(1);
      expect(await count('accounts.connection')).toBe(1);
      expect(
        await bench.ports.credentials.stripe(bench.harness.context(here.workspaceId), created.connection.id),
      ).toMatchObject({ apiKey: 'rk_test_of_acme_67890' });
    },
  );
});

describe('disconnectConnection', () => {
  it('erases the secrets, closes the endpoint, tells Stripe and announces it once', async () => {
    const { connection, webhookUrl } = await connect();
    const first = await bench.run(here, DISCONNECT, { id: connection.id });
    const again = await bench.run(here, DISCONNECT, { id: connection.id });
    expect(first.data?.['disconnectConnection']).toMatchObject({
      __typename: 'Connection',
      state: 'DISCONNECTED',
      webhookUrl: null,
    });
    expect(again.data).toEqual(first.data);
    expect(await bench.ports.endpoints.resolve('stripe', pathOf(webhookUrl))).toBeNull();
    expect(await bench.ports.credentials.stripe(bench.harness.context(here.workspaceId), connection.id)).toBeNull();
    expect(await bench.ports.credentials.stripeConnections(bench.harness.context(here.workspaceId))).toEqual([]);
    expect(await count('kernel.event', "type = 'accounts.connection.disconnected'")).toBe(1);
    expect(await count('accounts.connection', 'endpoint_token IS NULL AND cardinality(webhook_secrets) = 0')).toBe(1);
    expect(await count('accounts.webhook_secret')).toBe(0);
    // Sealed, and only for the one call that is still to be made with it.
    expect(await count('accounts.connection', `credential IS NOT NULL AND credential NOT LIKE '%${KEY}%'`)).toBe(1);
    await bench.harness.pump([bench.subgraph]);
    expect(bench.stripe.told).toEqual(['delete acct_acme we_1']);
    expect(bench.stripe.endpoints.size).toBe(0);
    expect(await count('accounts.connection', 'credential IS NULL')).toBe(1);
  });

  it('leaves the account free to be connected again, as a new connection', async () => {
    const { connection } = await connect();
    await bench.run(here, DISCONNECT, { id: connection.id });
    const next = await connect();
    expect(next.__typename).toBe('CreatedConnection');
    expect(next.connection.id).not.toBe(connection.id);
  });

  it('answers for a connection of another workspace as for one that does not exist', async () => {
    const { connection } = await connect();
    const elsewhere = { workspaceId: await bench.harness.newWorkspace() };
    for (const id of [connection.id, 'conn_none']) {
      expect((await bench.run(elsewhere, DISCONNECT, { id })).data?.['disconnectConnection']).toEqual({
        __typename: 'NotFoundError',
        code: 'NOT_FOUND',
      });
    }
    expect(await bench.ports.credentials.stripeConnections(bench.harness.context(here.workspaceId))).toHaveLength(1);
  });
});

describe('what other domains ask', () => {
  it('endpoints.resolve finds workspace, account and secrets by the path, and nothing by anything else', async () => {
    const { connection, webhookUrl, webhookSecret } = await connect();
    expect(await bench.ports.endpoints.resolve('stripe', pathOf(webhookUrl))).toEqual({
      workspaceId: here.workspaceId,
      mode: 'TEST',
      connectionId: connection.id,
      endpointId: expect.stringMatching(/^whe_[0-9A-Za-z]{20}$/),
      secrets: [{ id: expect.stringMatching(/^whs_[0-9A-Za-z]{20}$/), secret: webhookSecret, expires: false }],
      account: 'acct_acme',
      livemode: false,
    });
    const unknown = [
      ['stripe', 'whe_unknown'],
      ['stripe', `whe_${'a'.repeat(43)}`],
      ['plaid', pathOf(webhookUrl)],
      ['', ''],
    ] as const;
    for (const [provider, path] of unknown) expect(await bench.ports.endpoints.resolve(provider, path)).toBeNull();
  });

  it('credentials come in the workspace of the context and in no other', async () => {
    const { connection } = await connect();
    const [mine, theirs] = [
      bench.harness.context(here.workspaceId),
      bench.harness.context(await bench.harness.newWorkspace()),
    ];
    expect(await bench.ports.credentials.stripe(mine, connection.id)).toEqual({
      apiKey: KEY,
      account: 'acct_acme',
      endpointId: expect.stringMatching(/^whe_/),
      livemode: false,
      throughPlatform: false,
    });
    expect(await bench.ports.credentials.stripeConnections(mine)).toEqual([
      { connectionId: connection.id, account: 'acct_acme', livemode: false },
    ]);
    expect(await bench.ports.credentials.stripe(theirs, connection.id)).toBeNull();
    expect(await bench.ports.credentials.stripeConnections(theirs)).toEqual([]);
  });

  it('a secret that was moved to another connection does not open', async () => {
    const a = await connect();
    const b = await connect({ apiKey: 'sk_test_of_other_1234' });
    await bench.harness.admin.query(
      'UPDATE accounts.connection SET credential = (SELECT credential FROM accounts.connection WHERE id = $1) WHERE id = $2',
      [a.connection.id, b.connection.id],
    );
    await expect(
      bench.ports.credentials.stripe(bench.harness.context(here.workspaceId), b.connection.id),
    ).rejects.toThrow(/belongs elsewhere/);
  });
});

describe('reading', () => {
  it('shows connections of the caller’s workspace only, by list, by id and by reference', async () => {
    const { connection } = await connect();
    const elsewhere = { workspaceId: await bench.harness.newWorkspace() };
    const source =
      'query ($id: ID!, $all: [_Any!]!) { connection(id: $id) { id } connections { totalCount edges { node { id } } } _entities(representations: $all) { ... on Connection { id webhookUrl } } }';
    const variables = { id: connection.id, all: [{ __typename: 'Connection', id: connection.id }] };
    expect((await bench.run(here, source, variables)).data).toMatchObject({
      connection: { id: connection.id },
      connections: { totalCount: 1 },
      _entities: [{ id: connection.id }],
    });
    expect((await bench.run(elsewhere, source, variables)).data).toEqual({
      connection: null,
      connections: { totalCount: 0, edges: [] },
      _entities: [null],
    });
  });

  it.each([
    ['{ connections { totalCount } }', 'connections:read'],
    ['{ connection(id: "conn_1") { id } }', 'connections:read'],
    ['{ _entities(representations: [{ __typename: "Connection", id: "conn_1" }]) { __typename } }', 'connections:read'],
    ['mutation { createConnection(input: { provider: STRIPE }) { __typename } }', 'connections:write'],
    ['mutation { disconnectConnection(input: { id: "conn_1" }) { __typename } }', 'connections:write'],
    ['mutation { removeWebhookSecret(input: { id: "whs_1" }) { __typename } }', 'connections:write'],
  ])('%s asks for %s', async (source, requiredScope) => {
    const { errors = [] } = await bench.harness.run(bench.schema, source, {}, { ...here, scopes: ['billing:read'] });
    expect(errors.map(({ originalError }) => originalError)).toEqual([
      expect.objectContaining({ code: 'INSUFFICIENT_PERMISSIONS', requiredScope }),
    ]);
  });
});
