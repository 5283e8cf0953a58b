import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sha256Hex } from '#subgraphs/shared/crypto/crypto.ts';
import { workspaceTimeZone } from '../index.ts';
import { asKey, createPlatformBench, OPERATOR_TOKEN, type PlatformBench, type Side } from './factories.ts';

let bench: PlatformBench;
beforeAll(async () => {
  bench = await createPlatformBench();
});
afterAll(async () => {
  await bench.close();
});

const CREATE_KEY = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { __typename
  ... on CreatedApiKey { secret apiKey { id prefix scopes expiresAt revokedAt } } ... on UserError { code param } ... on ScopeExceededError { scopes } } }`;
const REVOKE = `mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { __typename ... on ApiKey { id revokedAt } ... on UserError { code message } } }`;

interface CreatedKey {
  readonly secret: string;
  readonly apiKey: { readonly id: string; readonly prefix: string };
}

async function newKey(side: Side, input: Record<string, unknown> = {}): Promise<CreatedKey> {
  const { data, codes } = await bench.run(asKey(side), CREATE_KEY, {
    input: { name: 'one more', scopes: ['workspace:read'], ...input },
  });
  expect(codes).toEqual([]);
  return data?.['createApiKey'] as CreatedKey;
}

async function firstKeyId(side: Side): Promise<string> {
  const { rows } = await bench.harness.admin.query<{ id: string }>(
    'SELECT id FROM platform.api_key WHERE key_hash = $1',
    [sha256Hex(side.apiKey)],
  );
  return rows[0]?.id ?? '';
}

describe('createWorkspace', () => {
  it('makes a live and a test workspace that know each other and start with real time', async () => {
    const { live, test } = await bench.newPair('Müller & Söhne');
    const query = '{ workspace { id mode name slug timezone counterpartId businessNow } }';
    const [{ data: l }, { data: t }] = [
      await bench.run(asKey(live, ['workspace:read'], 'LIVE'), query),
      await bench.run(asKey(test), query),
    ];
    expect(l?.['workspace']).toMatchObject({
      id: live.workspaceId,
      mode: 'LIVE',
      name: 'Müller & Söhne',
      timezone: 'UTC',
      counterpartId: test.workspaceId,
    });
    expect(t?.['workspace']).toMatchObject({
      id: test.workspaceId,
      mode: 'TEST',
      counterpartId: live.workspaceId,
      businessNow: bench.harness.wall.now().toISOString(),
    });
  });

  it('gives each side an admin key that works there and is stored as a hash only', async () => {
    const { live, test } = await bench.newPair();
    expect(live.apiKey).toMatch(/^op_live_[0-9A-Za-z]{32}$/);
    expect(test.apiKey).toMatch(/^op_test_[0-9A-Za-z]{32}$/);
    expect(await bench.platform.authenticate(live.apiKey)).toMatchObject({
      kind: 'API_KEY',
      workspaceId: live.workspaceId,
      mode: 'LIVE',
      scopes: ['admin:*'],
    });
    expect(await bench.platform.authenticate(test.apiKey)).toMatchObject({
      kind: 'API_KEY',
      workspaceId: test.workspaceId,
      mode: 'TEST',
    });
    const { rows } = await bench.harness.admin.query<{ row: string }>(
      "SELECT k::text || coalesce((SELECT string_agg(e::text, '') FROM kernel.event e), '') || coalesce((SELECT string_agg(a::text, '') FROM kernel.audit_event a), '') AS row FROM platform.api_key k",
    );
    expect(rows.some(({ row }) => row.includes(live.apiKey) || row.includes(test.apiKey))).toBe(false);
  });

  it.each([
    { name: '   ', timezone: 'UTC', param: 'input.name' },
    { name: 'x'.repeat(101), timezone: 'UTC', param: 'input.name' },
    { name: 'Acme', timezone: '+02:00', param: 'input.timezone' },
  ])('refuses $name in $timezone and names $param', async ({ name, timezone, param }) => {
    const source = `mutation ($name: String!, $timezone: String) { createWorkspace(input: { name: $name, timezone: $timezone }) { ... on UserError { code param } } }`;
    const { data } = await bench.run({}, source, { name, timezone });
    expect(data?.['createWorkspace']).toEqual({ code: 'INVALID_PARAMETER', param });
  });

  it('is for operators: an admin key of a workspace may not', async () => {
    const { live } = await bench.newPair();
    const { codes } = await bench.run(
      asKey(live, ['admin:*'], 'LIVE'),
      'mutation { createWorkspace(input: { name: "x" }) { __typename } }',
    );
    expect(codes).toEqual(['INSUFFICIENT_PERMISSIONS']);
  });
});

describe('authenticate', () => {
  it('knows the operator by the token of this installation', async () => {
    expect(await bench.platform.authenticate(OPERATOR_TOKEN)).toEqual({ kind: 'OPERATOR', id: 'operator' });
  });

  it.each(['', 'Bearer', 'op_test_', `op_test_${'a'.repeat(32)}`, `op_live_${'a'.repeat(32)}`, "' OR 1=1 --"])(
    'knows nobody by %j',
    async (token) => {
      expect(await bench.platform.authenticate(token)).toBeNull();
    },
  );

  it('refuses a test key that is written as a live key', async () => {
    const { test } = await bench.newPair();
    expect(await bench.platform.authenticate(test.apiKey.replace('op_test_', 'op_live_'))).toBeNull();
  });

  it('refuses a key from the instant it expires', async () => {
    const { test } = await bench.newPair();
    const expiresAt = new Date(bench.harness.wall.now().getTime() + 60_000);
    const { secret } = await newKey(test, { expiresAt: expiresAt.toISOString() });
    expect(await bench.platform.authenticate(secret)).toMatchObject({ kind: 'API_KEY' });
    bench.harness.wall.advance({ minutes: 1 });
    expect(await bench.platform.authenticate(secret)).toBeNull();
  });
});

describe('createApiKey', () => {
  it('shows the secret once: no query and no repeat of the list shows it again', async () => {
    const { test } = await bench.newPair();
    const { secret, apiKey } = await newKey(test);
    expect(apiKey.prefix).toBe(secret.slice(0, 12));
    const { data } = await bench.run(
      asKey(test),
      '{ apiKeys { totalCount edges { node { id name prefix scopes createdAt expiresAt revokedAt } } } }',
    );
    expect(data?.['apiKeys']).toMatchObject({ totalCount: 2 });
    expect(JSON.stringify(data)).not.toContain(secret);
  });

  it('answers a repeat with the same Idempotency-Key with the same key and secret, also when both come at once', async () => {
    const { test } = await bench.newPair();
    const call = { ...asKey(test), idempotencyKey: 'once' };
    const variables = { input: { name: 'once', scopes: ['workspace:read'] } };
    const answers = await Promise.all([1, 2, 3].map(() => bench.run(call, CREATE_KEY, variables)));
    const secrets = new Set(answers.map(({ data }) => (data?.['createApiKey'] as CreatedKey).secret));
    expect(secrets.size).toBe(1);
    const { rows } = await bench.harness.admin.query(
      "SELECT 1 FROM platform.api_key WHERE workspace_id = $1 AND name = 'once'",
      [test.workspaceId],
    );
    expect(rows).toHaveLength(1);
  });

  it('grants nothing that the caller does not hold, and names it', async () => {
    const { test } = await bench.newPair();
    const { data } = await bench.run(asKey(test, ['workspace:write', 'billing:read']), CREATE_KEY, {
      input: { name: 'x', scopes: ['billing:read', 'admin:*'] },
    });
    expect(data?.['createApiKey']).toMatchObject({
      __typename: 'ScopeExceededError',
      code: 'SCOPE_EXCEEDED',
      scopes: ['admin:*'],
    });
  });

  it.each([
    { input: { scopes: [] }, param: 'input.scopes' },
    { input: { scopes: ['billing:everything'] }, param: 'input.scopes' },
    { input: { name: ' ' }, param: 'input.name' },
    { input: { expiresAt: '2020-01-01T00:00:00Z' }, param: 'input.expiresAt' },
  ])('refuses $input and names $param', async ({ input, param }) => {
    const { test } = await bench.newPair();
    const { data } = await bench.run(asKey(test), CREATE_KEY, {
      input: { name: 'x', scopes: ['billing:read'], ...input },
    });
    expect(data?.['createApiKey']).toMatchObject({ __typename: 'ValidationError', param });
  });
});

describe('revokeApiKey', () => {
  it('holds on the next request, announces once, and changes nothing when repeated', async () => {
    const { test } = await bench.newPair();
    const { secret, apiKey } = await newKey(test);
    expect(await bench.platform.authenticate(secret)).not.toBeNull();
    const first = await bench.run(asKey(test), REVOKE, { id: apiKey.id });
    expect(await bench.platform.authenticate(secret)).toBeNull();
    bench.harness.wall.advance({ minutes: 5 });
    const again = await bench.run(asKey(test), REVOKE, { id: apiKey.id });
    expect(again.data).toEqual(first.data);
    const { rows } = await bench.harness.admin.query(
      "SELECT 1 FROM kernel.event WHERE type = 'platform.api_key.revoked' AND subject_id = $1",
      [apiKey.id],
    );
    expect(rows).toHaveLength(1);
    const audit = await bench.run(
      asKey(test),
      '{ auditEvents(filter: { action: "revokeApiKey" }) { edges { node { outcome targetId } } } }',
    );
    expect(audit.data?.['auditEvents']).toEqual({
      edges: [{ node: { outcome: 'UNCHANGED', targetId: null } }, { node: { outcome: 'DONE', targetId: apiKey.id } }],
    });
  });

  it('does not take the last admin key, not even when two are revoked at once', async () => {
    const { test } = await bench.newPair();
    const first = await firstKeyId(test);
    const { apiKey: second } = await newKey(test, { scopes: ['admin:*'] });
    const answers = await Promise.all([first, second.id].map((id) => bench.run(asKey(test), REVOKE, { id })));
    const types = answers.map(({ data }) => (data?.['revokeApiKey'] as { __typename: string }).__typename);
    expect(types.sort()).toEqual(['ApiKey', 'LastAdminKeyError']);
  });

  it('answers for a key of another workspace as for one that does not exist', async () => {
    const [{ test: mine }, { test: theirs }] = [await bench.newPair(), await bench.newPair()];
    const foreign = await firstKeyId(theirs);
    for (const id of [foreign, 'key_00000000000000000001', 'nonsense']) {
      const { data } = await bench.run(asKey(mine), REVOKE, { id });
      expect(data?.['revokeApiKey']).toMatchObject({ __typename: 'NotFoundError', code: 'NOT_FOUND' });
    }
    expect(await bench.platform.authenticate(theirs.apiKey)).not.toBeNull();
  });
});

describe('scopes', () => {
  it.each([
    ['{ workspace { id } }', 'workspace:read'],
    ['{ apiKeys { totalCount } }', 'workspace:read'],
    ['{ jobs { totalCount } }', 'workspace:read'],
    ['{ job(id: "job_1") { id } }', 'workspace:read'],
    ['{ inboxEvents { totalCount } }', 'webhooks:read'],
    ['{ inboxEvent(id: "inb_1") { id } }', 'webhooks:read'],
    ['{ auditEvents { totalCount } }', 'audit:read'],
    ['mutation { createApiKey(input: { name: "x", scopes: [] }) { __typename } }', 'workspace:write'],
    ['mutation { revokeApiKey(input: { id: "x" }) { __typename } }', 'workspace:write'],
    ['mutation { advanceTestClock(input: { to: "2027-01-01T00:00:00Z" }) { __typename } }', 'workspace:write'],
    [
      'mutation { ingestWebhook(input: { provider: STRIPE, endpoint: "x", payload: "", headers: [] }) { __typename } }',
      'webhooks:write',
    ],
    ['{ _entities(representations: [{ __typename: "ApiKey", id: "key_1" }]) { __typename } }', 'workspace:read'],
  ])('%s asks for %s', async (source, requiredScope) => {
    const { test } = await bench.newPair();
    const { errors = [] } = await bench.harness.run(bench.platform.schema, source, {}, asKey(test, ['recovery:read']));
    expect(errors.map(({ originalError }) => originalError)).toEqual([
      expect.objectContaining({ code: 'INSUFFICIENT_PERMISSIONS', requiredScope }),
    ]);
  });

  it('viewer tells any key what it is and may do', async () => {
    const { test } = await bench.newPair();
    const { data } = await bench.run(asKey(test, ['billing:read']), '{ viewer { kind scopes workspace { id } } }');
    expect(data?.['viewer']).toEqual({
      kind: 'API_KEY',
      scopes: ['billing:read'],
      workspace: { id: test.workspaceId },
    });
    const operator = await bench.run({}, '{ viewer { kind keyId scopes workspace { id } } }');
    expect(operator.data?.['viewer']).toEqual({ kind: 'OPERATOR', keyId: null, scopes: [], workspace: null });
    const nobody = await bench.run({ caller: { kind: 'ANONYMOUS' } }, '{ viewer { kind } }');
    expect(nobody.codes).toEqual(['INVALID_API_KEY']);
  });
});

describe('references from other subgraphs', () => {
  it('are answered in the caller’s workspace only', async () => {
    const [{ test: mine }, { test: theirs }] = [await bench.newPair(), await bench.newPair()];
    const source =
      'query ($all: [_Any!]!) { _entities(representations: $all) { __typename ... on Workspace { id } ... on ApiKey { id } } }';
    const all = [
      { __typename: 'Workspace', id: mine.workspaceId },
      { __typename: 'Workspace', id: theirs.workspaceId },
      { __typename: 'ApiKey', id: await firstKeyId(mine) },
      { __typename: 'ApiKey', id: await firstKeyId(theirs) },
    ];
    const { data } = await bench.run(asKey(mine), source, { all });
    expect(data?.['_entities']).toEqual([
      { __typename: 'Workspace', id: mine.workspaceId },
      null,
      { __typename: 'ApiKey', id: await firstKeyId(mine) },
      null,
    ]);
  });
});

describe('workspaceTimeZone', () => {
  it('is the one the workspace was created with, and UTC where there is none', async () => {
    const source = `mutation { createWorkspace(input: { name: "Acme", timezone: "Asia/Tokyo" }) { ... on WorkspacePair { test { workspace { id } } } } }`;
    const { data } = await bench.run({}, source);
    const { test } = data?.['createWorkspace'] as { test: { workspace: { id: string } } };
    expect(await workspaceTimeZone(bench.harness.context(test.workspace.id))).toBe('Asia/Tokyo');
    expect(await workspaceTimeZone(bench.harness.context(await bench.harness.newWorkspace()))).toBe('UTC');
  });
});
