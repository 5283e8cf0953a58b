import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { answerOf, ask, KEY, startGateway } from './support/gateway.ts';

import type { TestGateway } from './support/gateway.ts';

let at: TestGateway;
beforeAll(async () => {
  at = await startGateway();
});
afterAll(async () => at.gateway.close());

const calls = (): number => Object.values(at.graph.calls).reduce((sum, one) => sum + one, 0);

const deep = (levels: number): string =>
  `{ customer(id: "1") ${'{ friends '.repeat(levels - 2)}{ id }${' }'.repeat(levels - 2)} }`;
const aliases = (count: number): string =>
  `{ customer(id: "1") { ${Array.from({ length: count }, (_, i) => `a${String(i)}: id`).join(' ')} } }`;
/** Each fragment doubles the one before: 2^10 aliases in eleven lines. */
const doubling = `{ customer(id: "1") { ...F10 } } fragment F0 on Customer { x: id } ${Array.from(
  { length: 10 },
  (_, i) => `fragment F${String(i + 1)} on Customer { ...F${String(i)} ...F${String(i)} }`,
).join(' ')}`;
const roots = (count: number): string =>
  `{ ${Array.from({ length: count }, (_, i) => `me${i === 0 ? '' : ` e${String(i)}: me`}`).join(' ')} }`;

describe('an operation over a limit is refused before anything is fetched', () => {
  it.each([
    { what: 'depth', query: deep(13), code: 'TOO_DEEP', limit: 12, actual: 13 },
    { what: 'aliases', query: aliases(31), code: 'TOO_MANY_ALIASES', limit: 30, actual: 31 },
    { what: 'aliases through fragments', query: doubling, code: 'TOO_MANY_ALIASES', limit: 30, actual: 1024 },
    { what: 'root fields', query: `{ ${'me '.repeat(21)}}`, code: 'TOO_MANY_ROOT_FIELDS', limit: 20, actual: 21 },
    {
      what: 'root fields in a fragment',
      query: `{ ...R ...R } fragment R on Query { ${'me '.repeat(11)}}`,
      code: 'TOO_MANY_ROOT_FIELDS',
      limit: 20,
      actual: 22,
    },
  ])('$what', async ({ query, code, limit, actual }) => {
    const before = calls();
    const { status, data, errors } = await ask(at.url, query);
    expect({ status, data }).toEqual({ status: 400, data: undefined });
    expect(errors).toMatchObject([
      { extensions: { type: 'validation_error', code, limit, actual, requestId: expect.any(String) } },
    ]);
    expect(calls()).toBe(before);
  });

  it('nesting so deep that it cannot be read', async () => {
    const { status, errors } = await ask(at.url, `{ echo(value: ${'['.repeat(3_900)} }`);
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }]);
    expect(errors[0]?.message).not.toContain('call stack');
  });

  it('tokens, while it is still being read', async () => {
    const { status, errors } = await ask(at.url, `{ ${'me '.repeat(4_001)}}`);
    expect(status).toBe(400);
    expect(errors).toMatchObject([
      { message: expect.stringContaining('4000 tokens'), extensions: { code: 'TOO_MANY_TOKENS', limit: 4_000 } },
    ]);
  });
});

describe('an operation at a limit runs', () => {
  it.each([
    ['depth', deep(12)],
    ['aliases', aliases(30)],
    ['root fields', roots(10)],
  ])('%s', async (_what, query) => {
    const { status, errors } = await ask(at.url, query);
    expect({ status, errors }).toEqual({ status: 200, errors: [] });
  });
});

it('a fragment that spreads itself is refused as such', async () => {
  const { status, errors } = await ask(
    at.url,
    '{ customer(id: "1") { ...F } } fragment F on Customer { friends { ...F } }',
  );
  expect(status).toBe(400);
  expect(errors[0]?.message).toContain('Cannot spread fragment "F" within itself');
});

it('the whole introspection query is no deep operation', async () => {
  const { getIntrospectionQuery } = await import('graphql');
  const { status, data } = await ask(at.url, getIntrospectionQuery());
  expect(status).toBe(200);
  expect(data).toHaveProperty('__schema');
});

async function post(
  body: string,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<Awaited<ReturnType<typeof answerOf>>> {
  return answerOf(
    await fetch(`${at.url}/graphql`, { method: 'POST', body, headers: { authorization: `Bearer ${KEY}`, ...headers } }),
  );
}

describe('a request that can not be read', () => {
  it.each([
    { what: 'malformed JSON', body: '{"query": ', status: 400, code: 'MALFORMED_BODY' },
    { what: 'an empty body', body: '', status: 400, code: 'MALFORMED_BODY' },
    {
      what: 'a key that would poison prototypes',
      body: '{"query":"{ me }","__proto__":{"x":1}}',
      status: 400,
      code: 'MALFORMED_BODY',
    },
    { what: 'a list of operations', body: '[{"query":"{ me }"}]', status: 400, code: 'BAD_REQUEST' },
    { what: 'no query', body: '{}', status: 400, code: 'BAD_REQUEST' },
    {
      what: '2 MB',
      body: JSON.stringify({ query: `{ me } #${'x'.repeat(2_000_000)}` }),
      status: 413,
      code: 'BODY_TOO_LARGE',
    },
  ])('$what: $status', async ({ body, status, code }) => {
    const answer = await post(body);
    expect(answer.status).toBe(status);
    expect(answer.errors).toMatchObject([
      {
        message: expect.any(String),
        extensions: { type: 'validation_error', code, requestId: answer.headers.get('x-request-id') },
      },
    ]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    'as %s: 415, and nothing runs',
    async (type) => {
      const before = calls();
      const { status, errors } = await post('{"query":"mutation { payInvoice(id: \\"1\\") { id } }"}', {
        'content-type': type,
      });
      expect(status).toBe(415);
      expect(errors).toMatchObject([{ extensions: { code: 'UNSUPPORTED_CONTENT_TYPE' } }]);
      expect(calls()).toBe(before);
    },
  );
});

describe('a GET request', () => {
  const get = async (
    query: string,
    headers: Record<string, string> = {},
  ): Promise<Awaited<ReturnType<typeof answerOf>>> =>
    answerOf(
      await fetch(`${at.url}/graphql?query=${encodeURIComponent(query)}`, {
        headers: { authorization: `Bearer ${KEY}`, ...headers },
      }),
    );

  it('that another site could make is refused', async () => {
    const { status, errors } = await get('{ me }');
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST', requestId: expect.any(String) } }]);
  });

  it('with a preflight header runs a query', async () => {
    expect((await get('{ me }', { 'apollo-require-preflight': '1' })).data).toEqual({ me: 'API_KEY' });
  });

  it('never runs a mutation', async () => {
    const { status } = await get('mutation { payInvoice(id: "1") { id } }', { 'apollo-require-preflight': '1' });
    expect(status).toBe(405);
  });
});

it('a subscription over HTTP is told where to go', async () => {
  const { status, errors } = await ask(at.url, 'subscription { ticks { number } }');
  expect(status).toBe(400);
  expect(errors).toMatchObject([{ extensions: { code: 'SUBSCRIPTION_OVER_HTTP' } }]);
});

it('a document of several operations needs the name of one', async () => {
  const document = 'query A { me } query B { echo(value: "b") }';
  expect((await ask(at.url, document)).errors).toMatchObject([
    { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } },
  ]);
  expect((await ask(at.url, document, { operationName: 'C' })).errors).toMatchObject([
    { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } },
  ]);
  expect((await ask(at.url, document, { operationName: 'B' })).data).toEqual({ echo: 'b' });
});

describe('an Idempotency-Key', () => {
  it('goes with one mutation field', async () => {
    const query = 'mutation { payInvoice(id: "1") { id } }';
    expect((await ask(at.url, query, { headers: { 'idempotency-key': 'a-1' } })).status).toBe(200);
  });

  it.each([
    [
      'two mutation fields',
      'mutation { payInvoice(id: "1") { id } b: payInvoice(id: "2") { id } }',
      'a-1',
      'IDEMPOTENCY_KEY_NEEDS_ONE_MUTATION',
    ],
    [
      'a fragment that may hold several',
      'mutation { ...M } fragment M on Mutation { payInvoice(id: "1") { id } }',
      'a-1',
      'IDEMPOTENCY_KEY_NEEDS_ONE_MUTATION',
    ],
    ['spaces in it', 'mutation { payInvoice(id: "1") { id } }', 'a b', 'INVALID_IDEMPOTENCY_KEY'],
  ])('with %s is refused', async (_with, query, key, code) => {
    const { status, errors } = await ask(at.url, query, { headers: { 'idempotency-key': key } });
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: { code, param: 'Idempotency-Key' } }]);
  });
});
