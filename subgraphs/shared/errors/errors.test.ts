import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';
import { GraphQLError, parse } from 'graphql';

import { ERROR_CATALOGUE, isKnownCode, statusOf } from './catalogue.ts';
import * as errors from './errors.ts';
import { toErrorExtensions } from './extensions.ts';
import { ERRORS_PAGE, printCatalogue } from './print-catalogue.ts';
import { CursorExpiredError, InvalidCursorError } from '../events/cursor.ts';
import { isTransient } from './transient.ts';

const KERNEL = fileURLToPath(new URL('..', import.meta.url));
const requestId = 'req_1';

/** Every `class X extends …Error` of the kernel with the codes in its body, read from the sources, so that none can be forgotten. */
function kernelErrors(): { name: string; base: string; codes: string[] }[] {
  const files = readdirSync(KERNEL, { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  return sources.flatMap((file) => {
    const source = readFileSync(join(KERNEL, file), 'utf8');
    const classes = source.split(/^(?=export (?:abstract )?class )/m).slice(1);
    return classes.flatMap((text) => {
      const [, name = '', base = ''] = /^export (?:abstract )?class (\w+) extends (\w+)/.exec(text) ?? [];
      const declared = /readonly code\b[^;]*;/.exec(text)?.[0] ?? '';
      return name === ''
        ? []
        : [{ name, base, codes: [...declared.matchAll(/'([A-Z_]+)'/g)].map(([, code = '']) => code) }];
    });
  });
}

describe('the catalogue', () => {
  const all = kernelErrors();
  const refusals = new Set(['DomainError']);
  // A base may stand behind its subclass in the list: look until nothing is added.
  for (let size = 0; size !== refusals.size;) {
    size = refusals.size;
    for (const { name, base } of all) if (refusals.has(base)) refusals.add(name);
  }

  it('has every code of every refusal in the kernel', () => {
    const found = all.filter(({ name }) => refusals.has(name) && name !== 'DomainError');
    expect(found.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['NotFoundError', 'AmountTooPreciseError', 'RateLimitError']),
    );
    expect(found.filter(({ codes }) => codes.length === 0)).toEqual([]);
    expect(found.flatMap(({ codes }) => codes).filter((code) => !isKnownCode(code))).toEqual([]);
  });

  it.each([
    new errors.NotFoundError('invoice', 'inv_1'),
    new errors.ValidationError('no', 'input.x'),
    new errors.ConflictError('no'),
    new errors.ProviderRefusedError('stripe', 'no', 'card_declined'),
    new errors.ProviderUnavailableError('stripe', 'no'),
    new errors.AuthenticationError(),
    new errors.AuthenticationError('no', 'MISSING_CREDENTIALS'),
    new errors.AuthorizationError('billing:read'),
    new errors.RateLimitError(1),
    new InvalidCursorError(),
    new CursorExpiredError(),
  ])('agrees with $name about its type', (error) => {
    expect(ERROR_CATALOGUE[error.code as keyof typeof ERROR_CATALOGUE].type).toBe(error.type);
  });

  it('has every code that the gateway answers with', () => {
    const gateway = fileURLToPath(new URL('../../../gateway', import.meta.url));
    const files = readdirSync(gateway, { recursive: true, encoding: 'utf8' });
    const sources = files.filter(
      (file) => file.endsWith('.ts') && !file.includes('tests') && !file.endsWith('.test.ts'),
    );
    const codes = sources.flatMap((file) =>
      [...readFileSync(join(gateway, file), 'utf8').matchAll(/\bcode: '([A-Z_]{4,})'/g)].map(([, code = '']) => code),
    );
    expect(codes).toEqual(expect.arrayContaining(['MISSING_CREDENTIALS', 'DOWNSTREAM_SERVICE_ERROR']));
    expect(codes.filter((code) => !isKnownCode(code))).toEqual([]);
  });

  it('is printed in docs/errors.md as it is now', () => {
    expect(readFileSync(ERRORS_PAGE, 'utf8')).toBe(printCatalogue());
  });

  it('gives each entry a whole sentence and a status of its kind', () => {
    for (const [code, { help, status }] of Object.entries(ERROR_CATALOGUE)) {
      expect(code).toMatch(/^[A-Z][A-Z_]+[A-Z]$/);
      expect(help).toMatch(/^[A-Z`].*\.$/);
      expect(status).toBeGreaterThanOrEqual(400);
    }
  });

  it('answers a code of a domain with the usual status of its type', () => {
    expect(statusOf('INVOICE_NOT_VOIDABLE', 'conflict_error')).toBe(409);
    expect(statusOf('PAYLOAD_TOO_LARGE', 'validation_error')).toBe(413);
  });
});

describe('what a client gets to see', () => {
  it('of a refusal is its own code and message, and nothing internal', () => {
    const error = new errors.ValidationError('Use USD.', 'input.currency', { internal: 'row 7 of secret_table' });
    expect(toErrorExtensions(error, { requestId })).toEqual({
      type: 'validation_error',
      code: 'INVALID_PARAMETER',
      message: 'Use USD.',
      param: 'input.currency',
      docUrl: 'https://docs.oppulence.io/errors/invalid_parameter',
      requestId,
      retryAfter: null,
      requiredScope: null,
    });
  });

  it('of a missing scope is the scope, and of a limit is when to come back', () => {
    expect(toErrorExtensions(new errors.AuthorizationError('recovery:write'), { requestId })).toMatchObject({
      type: 'authorization_error',
      requiredScope: 'recovery:write',
    });
    expect(toErrorExtensions(new errors.RateLimitError(0.2), { requestId })).toMatchObject({
      code: 'RATE_LIMIT_EXCEEDED',
      retryAfter: 1,
    });
  });

  it('of a refusal inside GraphQL is the same', () => {
    const wrapped = new GraphQLError('outer', {
      originalError: new GraphQLError('x', { originalError: new errors.NotFoundError('invoice', 'inv_1') }),
    });
    expect(toErrorExtensions(wrapped, { requestId })).toMatchObject({
      type: 'not_found_error',
      code: 'NOT_FOUND',
      message: expect.stringContaining('inv_1'),
    });
  });

  it('of a document that is not GraphQL is where the mistake is', () => {
    const error = new GraphQLError('Syntax Error: Unexpected "}".', { extensions: { code: 'GRAPHQL_PARSE_FAILED' } });
    expect(toErrorExtensions(error, { requestId })).toMatchObject({
      type: 'validation_error',
      code: 'GRAPHQL_PARSE_FAILED',
      message: error.message,
    });
    const validation = new GraphQLError('Cannot query field "x" on type "Query".', {
      nodes: parse('{ x }').definitions[0] ?? null,
    });
    expect(toErrorExtensions(validation, { requestId })).toMatchObject({
      code: 'GRAPHQL_VALIDATION_FAILED',
      message: validation.message,
    });
  });

  it.each([
    new Error('password of db is hunter2'),
    new TypeError('x is undefined at /srv/app.js'),
    new GraphQLError('select * from secret', { originalError: new Error('boom'), path: ['a'] }),
    new GraphQLError('from a resolver: secret', { path: ['a'], nodes: parse('{ a }').definitions[0] ?? null }),
    new GraphQLError('secret', { extensions: { code: 'INTERNAL_SERVER_ERROR' } }),
    new GraphQLError('secret', { extensions: { code: 'SOMETHING_ELSE' } }),
    'thrown text secret',
    null,
    undefined,
  ])('of a bug (%p) is only a request id', (error) => {
    const shown = toErrorExtensions(error, { requestId });
    expect(shown).toMatchObject({ type: 'api_error', code: 'INTERNAL_ERROR', retryAfter: null });
    expect(shown.message).toMatch(/^An internal error occurred\..*req_1/);
    expect(JSON.stringify(shown)).not.toMatch(/secret|hunter2|srv/);
  });

  it('of trouble is when to try again', () => {
    const error = new Error('query failed', {
      cause: Object.assign(new Error('deadlock detected at 10.0.0.1'), { code: '40P01' }),
    });
    const shown = toErrorExtensions(error, { requestId });
    expect(shown).toMatchObject({ type: 'api_error', code: 'TEMPORARILY_UNAVAILABLE', retryAfter: 2 });
    expect(shown.message).not.toContain('10.0.0.1');
  });
});

describe('trouble that may pass', () => {
  it.each([
    '40001',
    '40P01',
    '55P03',
    '57P01',
    '57P03',
    '08006',
    '53300',
    'ECONNREFUSED',
    'ECONNRESET',
    'P1001',
    'P2034',
    'UND_ERR_SOCKET',
  ])('is %s', (code) => {
    expect(isTransient(Object.assign(new Error('x'), { code }))).toBe(true);
    expect(isTransient(new AggregateError([new Error('y', { cause: Object.assign(new Error('x'), { code }) })]))).toBe(
      true,
    );
  });

  it.each(['23505', '42P01', '22003', 'P2002', 'ERR_INVALID_ARG_TYPE', 'ENOENT'])('is not %s', (code) => {
    expect(isTransient(Object.assign(new Error('x'), { code }))).toBe(false);
  });

  it('is seen through Prisma, whose own code says nothing of it', () => {
    const through = (originalCode: string): Error =>
      Object.assign(new Error('Raw query failed'), {
        code: 'P2010',
        meta: { driverAdapterError: new Error('x', { cause: { kind: 'postgres', originalCode } }) },
      });
    expect(isTransient(through('57P01'))).toBe(true);
    expect(isTransient(through('42P01'))).toBe(false);
  });

  it('is found out without end where causes go in a circle', () => {
    const error = new Error('x');
    error.cause = error;
    expect(isTransient(error)).toBe(false);
  });
});
