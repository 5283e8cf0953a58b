import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ask, POOR_KEY, REACHES, startGateway, WORKSPACE } from './support/gateway.ts';

import type { TestGateway } from './support/gateway.ts';

describe.each(REACHES)('with subgraphs %s,', (reach) => {
  let at: TestGateway;
  beforeAll(async () => {
    at = await startGateway({}, { reach });
  });
  afterAll(async () => at.gateway.close());

  describe('a bug in a subgraph', () => {
    it('leaves its field null and its message in the log, under the request id that the client gets', async () => {
      const { data, errors, headers, status } = await ask(at.url, '{ customer(id: "1") { name broken } }', {
        headers: { 'x-request-id': 'req-of-mine' },
      });
      expect(status).toBe(200);
      expect(data).toEqual({ customer: { name: 'Customer 1', broken: null } });
      expect(headers.get('x-request-id')).toBe('req-of-mine');
      expect(errors).toEqual([
        {
          message: expect.stringContaining('went wrong on our side'),
          path: ['customer', 'broken'],
          extensions: {
            type: 'api_error',
            code: 'INTERNAL_ERROR',
            message: expect.any(String),
            requestId: 'req-of-mine',
            docUrl: expect.stringMatching(/internal_error$/),
            param: null,
            retryAfter: null,
            requiredScope: null,
          },
        },
      ]);
      const [line] = at.log.filter(
        ({ message, fields }) => message === 'an error was masked' && fields['requestId'] === 'req-of-mine',
      );
      expect(String(line?.fields['error'])).toContain('hunter2');
    });

    it('in a list points at the right item', async () => {
      const { errors } = await ask(at.url, '{ invoices(first: 2) { customer { broken } } }');
      expect(errors.map(({ path }) => path)).toEqual([
        ['invoices', 0, 'customer', 'broken'],
        ['invoices', 1, 'customer', 'broken'],
      ]);
    });

    it('in a mutation is masked as well', async () => {
      const { errors } = await ask(at.url, 'mutation { crash }');
      expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_ERROR' } }]);
      expect(JSON.stringify(errors)).not.toContain('undefined is not');
    });
  });

  describe('a value that its subgraph refuses', () => {
    const NUL = String.fromCharCode(0);
    const HALF = String.fromCharCode(0xd8_00);
    it.each([
      {
        what: 'in a variable',
        query: 'query ($at: DateTime!) { dueBy(at: $at) }',
        variables: { at: 'soon' },
        says: '"$at"',
      },
      { what: 'in the document', query: '{ dueBy(at: "soon") }', says: 'DateTime must be ISO 8601' },
      { what: 'with U+0000', query: 'query ($v: String) { echo(value: $v) }', variables: { v: NUL }, says: 'U+0000' },
      {
        what: 'with half a pair',
        query: 'query ($v: String) { echo(value: $v) }',
        variables: { v: HALF },
        says: 'U+0000',
      },
      { what: 'with U+0000 in the document', query: String.raw`{ echo(value: "a\u0000") }`, says: 'U+0000' },
    ])('$what is the mistake of the client, who learns which it is', async ({ query, variables, says }) => {
      const { errors } = await ask(at.url, query, variables === undefined ? {} : { variables });
      expect(errors).toMatchObject([
        { message: expect.stringContaining(says), extensions: { type: 'validation_error', code: 'BAD_USER_INPUT' } },
      ]);
      expect(at.log.filter(({ level }) => level === 'error').map(({ message }) => message)).not.toContain(
        'a subgraph could not be called',
      );
    });
  });

  describe('trouble in a subgraph', () => {
    it('is told as something to try again, without its reason', async () => {
      const { data, errors } = await ask(at.url, '{ away me }');
      expect(data).toEqual({ away: null, me: 'API_KEY' });
      expect(errors).toMatchObject([
        { extensions: { type: 'api_error', code: 'TEMPORARILY_UNAVAILABLE', retryAfter: 2 } },
      ]);
      expect(JSON.stringify(errors)).not.toContain('10.0.0.7');
    });
  });

  describe('a field that may not be null and leads nowhere', () => {
    it('is an error and not a silent null', async () => {
      const { data, errors } = await ask(at.url, '{ invoice(id: "inv_1") { amountMinor payer { name } } me }');
      expect(data).toEqual({ invoice: null, me: 'API_KEY' });
      expect(errors).toMatchObject([
        { path: ['invoice', 'payer', 'name'], extensions: { code: 'INTERNAL_ERROR', requestId: expect.any(String) } },
      ]);
      expect(at.log.filter(({ message }) => message === 'a result was incomplete')).toHaveLength(1);
    });
  });

  describe('a refusal of a subgraph', () => {
    it('is told as it is', async () => {
      const { data, errors } = await ask(at.url, '{ invoice(id: "absent") { id } me }');
      expect(data).toEqual({ invoice: null, me: 'API_KEY' });
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining('There is no Invoice absent'),
          extensions: { type: 'not_found_error', code: 'NOT_FOUND' },
        },
      ]);
    });

    it('of a field names the scope that is missing, and the rest is answered', async () => {
      const { data, errors } = await ask(at.url, '{ customer(id: "1") { name secret } }', {
        authorization: `Bearer ${POOR_KEY}`,
      });
      expect(data).toEqual({ customer: { name: 'Customer 1', secret: null } });
      expect(errors).toMatchObject([
        {
          extensions: { type: 'authorization_error', code: 'INSUFFICIENT_PERMISSIONS', requiredScope: 'accounts:read' },
        },
      ]);
      expect(errors[0]?.extensions).not.toHaveProperty('serviceName');
    });
  });

  describe('a subgraph that can not be called', () => {
    it('leaves its part null, coded, and other parts answered', async () => {
      const accounts = at.graph.subgraphs.accounts;
      const broken = await startGateway({
        subgraphs: {
          ...at.graph.subgraphs,
          accounts: {
            ...accounts,
            contextFor: () => {
              throw new Error('no route to 10.0.0.7');
            },
          },
        },
      });
      const { data, errors } = await ask(broken.url, '{ invoice(id: "inv_1") { amountMinor customer { name } } }');
      await broken.gateway.close();
      expect(data).toEqual({ invoice: { amountMinor: '4900', customer: null } });
      expect(errors).toMatchObject([{ extensions: { type: 'api_error', code: 'DOWNSTREAM_SERVICE_ERROR' } }]);
      expect(JSON.stringify(errors)).not.toContain('10.0.0.7');
    });
  });

  describe('a mistake of the client', () => {
    it.each([
      { what: 'syntax', query: '{ me', code: 'GRAPHQL_PARSE_FAILED', says: 'Syntax Error' },
      { what: 'an unknown field', query: '{ mee }', code: 'GRAPHQL_VALIDATION_FAILED', says: 'Did you mean "me"' },
      {
        what: 'a variable of the wrong type',
        query: 'query($id: ID!) { invoice(id: $id) { id } }',
        code: 'BAD_USER_INPUT',
        says: '$id',
      },
    ])('$what is told', async ({ query, code, says }) => {
      const { status, errors } = await ask(at.url, query);
      expect(status).toBe(400);
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining(says),
          extensions: { type: 'validation_error', code, requestId: expect.any(String) },
        },
      ]);
    });
  });

  describe('a key', () => {
    it.each([
      {
        what: 'that is wrong',
        authorization: 'Bearer op_test_wrong',
        status: 401,
        type: 'authentication_error',
        code: 'INVALID_API_KEY',
      },
      {
        what: 'that is not a bearer token',
        authorization: 'Basic dXNlcg==',
        status: 401,
        type: 'authentication_error',
        code: 'INVALID_API_KEY',
      },
      {
        what: 'that is missing',
        authorization: null,
        status: 401,
        type: 'authentication_error',
        code: 'MISSING_CREDENTIALS',
      },
      {
        what: 'that is empty',
        authorization: 'Bearer ',
        status: 401,
        type: 'authentication_error',
        code: 'MISSING_CREDENTIALS',
      },
    ])('$what: $status $code', async ({ authorization, status, type, code }) => {
      const answer = await ask(at.url, '{ invoices { id } }', { authorization });
      expect(answer.status).toBe(status);
      expect(answer.errors).toMatchObject([{ extensions: { type, code, requestId: expect.any(String) } }]);
      expect(answer.data).toBeUndefined();
    });

    it('of another workspace than the header names: 403', async () => {
      const { status, errors } = await ask(at.url, '{ me }', { headers: { 'x-workspace-id': 'ws_other' } });
      expect(status).toBe(403);
      expect(errors).toMatchObject([
        { extensions: { type: 'authorization_error', code: 'WORKSPACE_MISMATCH', param: 'X-Workspace-Id' } },
      ]);
    });

    it('of the workspace that the header names runs', async () => {
      expect((await ask(at.url, '{ me }', { headers: { 'x-workspace-id': WORKSPACE } })).data).toEqual({
        me: 'API_KEY',
      });
    });

    it('that can not be checked just now: 503, to be tried again, and no reason leaks', async () => {
      at.trouble.keysUnreadable = true;
      const { status, errors, headers } = await ask(at.url, '{ me }');
      at.trouble.keysUnreadable = false;
      expect(status).toBe(503);
      expect(headers.get('retry-after')).toBe('2');
      expect(errors).toMatchObject([{ extensions: { code: 'AUTHENTICATION_UNAVAILABLE', retryAfter: 2 } }]);
      expect(JSON.stringify(errors)).not.toContain('db.internal');
    });
  });

  describe('the schema', () => {
    const SCHEMA = '{ __schema { queryType { name } } __typename }';

    it('may be read without a key, and nothing else beside it', async () => {
      expect((await ask(at.url, SCHEMA, { authorization: null })).data).toMatchObject({
        __schema: { queryType: { name: 'Query' } },
      });
      const smuggled = await ask(at.url, 'query { __typename ...F } fragment F on Query { ... { me } }', {
        authorization: null,
      });
      expect(smuggled).toMatchObject({ status: 401, data: undefined });
      const mutation = await ask(at.url, 'mutation { __typename }', { authorization: null });
      expect(mutation.status).toBe(401);
    });

    it('may not be read when introspection is off, not even by a guess', async () => {
      const closed = await startGateway({ introspection: false });
      expect((await ask(closed.url, SCHEMA, { authorization: null })).status).toBe(401);
      const withKey = await ask(closed.url, SCHEMA);
      const guess = await ask(closed.url, '{ mee }');
      await closed.gateway.close();
      expect(withKey).toMatchObject({ status: 400, errors: [{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }] });
      expect(guess.errors[0]?.message).not.toContain('Did you mean');
    });
  });

  describe('the log', () => {
    it('has a line for an operation, and in it neither key, nor variables, nor document', async () => {
      await ask(at.url, 'query Echo($value: String) { echo(value: $value) }', {
        variables: { value: 'a-private-value' },
        headers: { 'x-request-id': 'logged-1' },
      });
      const [line] = at.log.filter(
        ({ message, fields }) => message === 'operation' && fields['requestId'] === 'logged-1',
      );
      expect(line?.fields).toMatchObject({
        operation: 'Echo',
        kind: 'query',
        caller: 'API_KEY',
        workspaceId: WORKSPACE,
        keyId: 'key_good',
      });
      expect(JSON.stringify(at.log)).not.toMatch(/a-private-value|op_test_|echo\(value/);
    });
  });
});
