import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { GraphCall } from '#subgraphs/shared/testing/harness.ts';
import { noteMatches } from '../use-cases/note-matches.ts';
import { createAccountsBench, type AccountsBench } from './factories.ts';

const RESULT = `{ __typename ... on Connection { webhookSecrets { id lastFour addedAt expiresAt lastMatchedAt } } ... on UserError { code param } }`;
const CREATE = `mutation ($input: CreateConnectionInput!) { createConnection(input: $input) { ... on CreatedConnection { connection { id } webhookUrl } } }`;
const ADD = `mutation ($input: AddWebhookSecretInput!) { result: addWebhookSecret(input: $input) ${RESULT} }`;
const ROLL = `mutation ($input: RollWebhookSecretInput!) { result: rollWebhookSecret(input: $input) ${RESULT} }`;
const REMOVE = `mutation ($input: RemoveWebhookSecretInput!) { result: removeWebhookSecret(input: $input) ${RESULT} }`;

interface Shown {
  readonly id: string;
  readonly lastFour: string;
  readonly expiresAt: string | null;
  readonly lastMatchedAt: string | null;
}

interface Result {
  readonly __typename: string;
  readonly code?: string;
  readonly param?: string;
  readonly webhookSecrets: readonly Shown[];
}

let bench: AccountsBench;
let here: GraphCall;
let connectionId: string;
let path: string;
beforeAll(async () => {
  bench = await createAccountsBench();
});
afterAll(async () => {
  await bench.close();
});
beforeEach(async () => {
  bench.stripe.reset();
  here = { workspaceId: await bench.harness.newWorkspace() };
  const stripe = { apiKey: 'sk_test_of_acme_12345', webhookSecret: 'whsec_first1111' };
  const { data } = await bench.run(here, CREATE, { input: { provider: 'STRIPE', stripe } });
  const created = data?.['createConnection'] as { connection: { id: string }; webhookUrl: string };
  connectionId = created.connection.id;
  path = created.webhookUrl.split('/').at(-1) ?? '';
});

async function ask(source: string, input: Record<string, unknown>, call: GraphCall = here): Promise<Result> {
  const { data, codes } = await bench.run(call, source, { input });
  expect(codes).toEqual([]);
  return data?.['result'] as Result;
}

const add = (secret: string): Promise<Result> => ask(ADD, { connectionId, secret });
const hours = (n: number): string => new Date(bench.harness.wall.now().getTime() + n * 3_600_000).toISOString();

async function listed(): Promise<readonly Shown[]> {
  const source = `query ($id: ID!) { connection(id: $id) ${RESULT.replace('... on UserError { code param }', '')} }`;
  const { data } = await bench.run(here, source, { id: connectionId });
  return (data?.['connection'] as Result).webhookSecrets;
}

/** What the webhook door would accept at this moment, newest first. */
async function accepted(): Promise<readonly string[]> {
  const endpoint = await bench.ports.endpoints.resolve('stripe', path);
  return endpoint?.secrets.map(({ secret }) => secret) ?? [];
}

async function outcomes(): Promise<readonly string[]> {
  const { rows } = await bench.harness.admin.query<{ action: string; outcome: string }>(
    `SELECT action, outcome FROM kernel.audit_event WHERE workspace_id = $1 AND action LIKE '%WebhookSecret' ORDER BY id`,
    [here.workspaceId],
  );
  return rows.map(({ action, outcome }) => `${action} ${outcome}`);
}

describe('rollWebhookSecret', () => {
  it('lets both count until the old one expires, and then only the new one, for every process at once', async () => {
    const [old] = await listed();
    const rolled = await ask(ROLL, { id: old?.id, newSecret: 'whsec_second2222', oldExpiresAt: hours(2) });
    expect(rolled.webhookSecrets).toMatchObject([
      { lastFour: '2222', expiresAt: null, lastMatchedAt: null },
      { id: old?.id, lastFour: '1111', expiresAt: hours(2), lastMatchedAt: null },
    ]);
    expect(await accepted()).toEqual(['whsec_second2222', 'whsec_first1111']);
    bench.harness.wall.advance({ hours: 2, ms: -1 });
    expect(await accepted()).toHaveLength(2);
    bench.harness.wall.advance({ ms: 1 });
    expect(await accepted()).toEqual(['whsec_second2222']);
    expect(await listed()).toHaveLength(2);
    expect((await add('whsec_third3333')).webhookSecrets.map(({ lastFour }) => lastFour)).toEqual(['3333', '2222']);
  });

  it('gives the old one a day unless told, and changes nothing when it is repeated', async () => {
    const [old] = await listed();
    const input = { id: old?.id, newSecret: 'whsec_second2222' };
    const first = await ask(ROLL, input);
    expect(first.webhookSecrets[1]?.expiresAt).toBe(hours(24));
    bench.harness.wall.advance({ minutes: 5 });
    expect(await ask(ROLL, input)).toEqual(first);
    expect(await outcomes()).toEqual(['rollWebhookSecret DONE', 'rollWebhookSecret UNCHANGED']);
    expect((await ask(ROLL, { ...input, oldExpiresAt: hours(1) })).webhookSecrets[1]?.expiresAt).toBe(hours(1));
  });

  it('twice at once adds one secret', async () => {
    const [old] = await listed();
    const input = { id: old?.id, newSecret: 'whsec_second2222', oldExpiresAt: hours(1) };
    const answers = await Promise.all([ask(ROLL, input), ask(ROLL, input), ask(ROLL, input)]);
    expect(answers.map(({ webhookSecrets }) => webhookSecrets.length)).toEqual([2, 2, 2]);
    expect(await accepted()).toHaveLength(2);
  });

  it.each([
    { what: 'text that is no secret', input: { newSecret: 'secret' }, param: 'input.newSecret' },
    { what: 'the old secret itself', input: { newSecret: 'whsec_first1111' }, param: 'input.newSecret' },
    { what: 'an expiry that is past', input: { oldExpiresAt: '2026-11-19T00:00:00Z' }, param: 'input.oldExpiresAt' },
    {
      what: 'an expiry that is more than a day away',
      input: { oldExpiresAt: '2026-11-30T00:00:00Z' },
      param: 'input.oldExpiresAt',
    },
  ])('refuses $what and changes nothing', async ({ input, param }) => {
    const before = await listed();
    const answer = await ask(ROLL, { id: before[0]?.id, newSecret: 'whsec_second2222', ...input });
    expect(answer).toMatchObject({ __typename: 'ValidationError', param });
    expect(await listed()).toEqual(before);
  });
});

describe('addWebhookSecret', () => {
  it('adds one that does not expire, once, and lifts the expiry of one that is being replaced', async () => {
    expect((await add('whsec_second2222')).webhookSecrets.map(({ expiresAt }) => expiresAt)).toEqual([null, null]);
    await add('whsec_second2222');
    expect(await outcomes()).toEqual(['addWebhookSecret DONE', 'addWebhookSecret UNCHANGED']);
    const first = (await listed())[1];
    await ask(ROLL, { id: first?.id, newSecret: 'whsec_second2222' });
    expect((await add('whsec_first1111')).webhookSecrets.map(({ expiresAt }) => expiresAt)).toEqual([null, null]);
  });

  it('refuses a sixth, until one has expired', async () => {
    for (const n of [2, 3, 4, 5]) await add(`whsec_number${String(n)}`);
    expect(await add('whsec_number6')).toMatchObject({ __typename: 'ConflictError' });
    const [newest, ...others] = await listed();
    await ask(ROLL, { id: others.at(-1)?.id, newSecret: 'whsec_number5', oldExpiresAt: hours(1) });
    expect(newest?.lastFour).toBe('ber5');
    bench.harness.wall.advance({ hours: 1 });
    expect((await add('whsec_number6')).webhookSecrets).toHaveLength(5);
  });

  it('refuses a connection that was disconnected', async () => {
    await bench.run(here, `mutation { disconnectConnection(input: { id: "${connectionId}" }) { __typename } }`);
    expect(await add('whsec_second2222')).toMatchObject({ code: 'CONNECTION_NOT_ACTIVE' });
    expect(await listed()).toEqual([]);
  });
});

describe('removeWebhookSecret', () => {
  it('takes a secret away at once, and not the last that stays', async () => {
    const [first] = await listed();
    expect(await ask(REMOVE, { id: first?.id })).toMatchObject({ code: 'LAST_WEBHOOK_SECRET', param: 'input.id' });
    await ask(ROLL, { id: first?.id, newSecret: 'whsec_second2222' });
    const [second] = await listed();
    expect(await ask(REMOVE, { id: second?.id })).toMatchObject({ code: 'LAST_WEBHOOK_SECRET' });
    expect((await ask(REMOVE, { id: first?.id })).webhookSecrets).toMatchObject([{ id: second?.id }]);
    expect(await accepted()).toEqual(['whsec_second2222']);
    expect(await ask(REMOVE, { id: first?.id })).toMatchObject({ __typename: 'NotFoundError' });
  });

  it('two at once leave one', async () => {
    const { webhookSecrets } = await add('whsec_second2222');
    const answers = await Promise.all(webhookSecrets.map(({ id }) => ask(REMOVE, { id })));
    expect(answers.map(({ __typename }) => __typename).sort()).toEqual(['Connection', 'LastWebhookSecretError']);
    expect(await accepted()).toHaveLength(1);
  });
});

describe('a webhook secret', () => {
  it('is sealed at its connection and nowhere in clear, in the audit neither', async () => {
    await add('whsec_second2222');
    const { rows } = await bench.harness.admin.query<{ sealed: string }>('SELECT sealed FROM accounts.webhook_secret');
    expect(JSON.stringify(rows)).not.toContain('2222');
    const audit = await bench.harness.admin.query('SELECT input FROM kernel.audit_event WHERE workspace_id = $1', [
      here.workspaceId,
    ]);
    expect(JSON.stringify(audit.rows)).not.toContain('2222');
  });

  it('shows when a delivery was last signed with it, to the minute', async () => {
    const endpoint = await bench.ports.endpoints.resolve('stripe', path);
    const matchUntilShown = async (): Promise<string> => {
      const at = bench.harness.wall.now().toISOString();
      bench.ports.endpoints.noteMatch(here.workspaceId, endpoint?.secrets[0]?.id ?? '');
      for (let turn = 0; (await listed())[0]?.lastMatchedAt !== at; turn++) {
        if (turn > 500) throw new Error(`The match of ${at} was not noted`);
        await new Promise((done) => setTimeout(done, 10));
      }
      return at;
    };
    const first = await matchUntilShown();
    bench.harness.wall.advance({ seconds: 59 });
    const matched = { workspaceId: here.workspaceId, secretId: endpoint?.secrets[0]?.id ?? '' };
    await noteMatches(bench.harness, [matched]);
    expect((await listed())[0]?.lastMatchedAt).toBe(first);
    bench.harness.wall.advance({ seconds: 2 });
    await matchUntilShown();
  });

  it('of another workspace is as unknown as one that does not exist', async () => {
    const [mine] = await listed();
    const elsewhere = { workspaceId: await bench.harness.newWorkspace() };
    const asked = [
      [ADD, { connectionId, secret: 'whsec_second2222' }],
      [ROLL, { id: mine?.id, newSecret: 'whsec_second2222' }],
      [REMOVE, { id: mine?.id }],
    ] as const;
    for (const [source, input] of asked)
      expect(await ask(source, input, elsewhere)).toEqual({
        __typename: 'NotFoundError',
        code: 'NOT_FOUND',
        param: null,
      });
    expect(await accepted()).toEqual(['whsec_first1111']);
  });
});
