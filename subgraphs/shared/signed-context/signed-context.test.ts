import { describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import {
  type CallContext,
  isBodyOf,
  signContext,
  subgraphKey,
  subscribeBody,
  verifyContext,
} from './signed-context.ts';

const MASTER = Buffer.alloc(32, 7);
const KEY = subgraphKey(MASTER, 'billing');
const NOW = new Date('2026-11-20T13:00:00Z');
const BODY = '{"query":"{ invoices { id } }"}';
const CONTEXT: CallContext = {
  caller: { kind: 'API_KEY', keyId: 'key_1', workspaceId: 'ws_1', mode: 'TEST', scopes: ['billing:read'] },
  requestId: 'req_1',
  idempotencyKey: 'once',
  ip: '192.0.2.7',
  transport: 'HTTP',
  operation: { kind: 'query', name: 'Invoices' },
};

const signed = (over: Partial<Parameters<typeof signContext>[1]> = {}): string =>
  signContext(CONTEXT, { key: KEY, audience: 'billing', body: BODY, now: NOW, ...over });
const verify = (token: unknown, over: Partial<Parameters<typeof verifyContext>[1]> = {}): unknown =>
  verifyContext(token, { keys: [KEY], audience: 'billing', now: NOW, ...over });
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

it('says who calls and about which request, and fits its body alone', () => {
  const verified = verifyContext(signed(), { keys: [KEY], audience: 'billing', now: NOW });
  if ('refused' in verified) throw new Error(verified.refused);
  expect(verified).toEqual({ ...CONTEXT, bodyDigest: expect.stringMatching(/^[\w-]{22}$/) });
  expect(isBodyOf(verified, BODY)).toBe(true);
  expect(isBodyOf(verified, Buffer.from(BODY))).toBe(true);
  expect(isBodyOf(verified, `${BODY} `)).toBe(false);
});

it('carries callers without a key and requests without an Idempotency-Key', () => {
  const anonymous: CallContext = { ...CONTEXT, caller: { kind: 'ANONYMOUS' }, idempotencyKey: undefined };
  const token = signContext(anonymous, { key: KEY, audience: 'billing', body: '', now: NOW });
  expect(verify(token)).toMatchObject({ caller: { kind: 'ANONYMOUS' }, idempotencyKey: undefined });
});

it('stays short enough for a header, whatever a client calls its operation', () => {
  const long: CallContext = { ...CONTEXT, operation: { kind: 'query', name: 'N'.repeat(100_000) } };
  expect(signContext(long, { key: KEY, audience: 'billing', body: BODY, now: NOW }).length).toBeLessThan(2_000);
});

describe('a context is refused', () => {
  const [version = '', payload = '', mac = ''] = signed().split('.');
  const forgedPayload = Buffer.from(Buffer.from(payload, 'base64url').toString().replace('ws_1', 'ws_2'));
  it.each<[string, unknown, string]>([
    ['when there is none', undefined, 'MISSING'],
    ['when it is empty', '', 'MISSING'],
    ['when it came twice', [signed(), signed()], 'MISSING'],
    ['when it is no context', 'Bearer op_test', 'MALFORMED'],
    ['of another version', signed().replace('v1.', 'v2.'), 'MALFORMED'],
    ['without a signature', `${version}.${payload}.`, 'MALFORMED'],
    ['when the caller was changed', `${version}.${forgedPayload.toString('base64url')}.${mac}`, 'FORGED'],
    ['when the signature was changed', signed().replace(/.$/, (end) => (end === 'A' ? 'E' : 'A')), 'FORGED'],
    ['signed with the key of another subgraph', signed({ key: subgraphKey(MASTER, 'accounts') }), 'FORGED'],
    ['signed with the master key itself', signed({ key: MASTER }), 'FORGED'],
    ['made for another subgraph', signed({ audience: 'accounts' }), 'OTHER_AUDIENCE'],
    ['from the future', signed({ now: later(31) }), 'NOT_YET'],
    ['signed, and still not what a context looks like', withMac('{"aud":"billing"}'), 'MALFORMED'],
    ['signed, and no JSON', withMac('nothing'), 'MALFORMED'],
  ])('%s', (_when, token, refused) => {
    expect(verify(token)).toEqual({ refused });
  });

  it.each([
    [0, true],
    [29.999, true],
    [30, false],
    [3_600, false],
  ])('%d seconds after it was signed: accepted is %p', (seconds, accepted) => {
    const answer = verify(signed(), { now: later(seconds) });
    if (accepted) expect(answer).toHaveProperty('caller');
    else expect(answer).toEqual({ refused: 'EXPIRED' });
  });
});

it('a key is replaced by accepting both, then the new one alone', () => {
  const next = subgraphKey(Buffer.alloc(32, 8), 'billing');
  expect(verify(signed(), { keys: [next, KEY] })).toHaveProperty('caller');
  expect(verify(signed({ key: next }), { keys: [next, KEY] })).toHaveProperty('caller');
  expect(verify(signed(), { keys: [next] })).toEqual({ refused: 'FORGED' });
  expect(verify(signed(), { keys: [] })).toEqual({ refused: 'FORGED' });
});

it('what a subscribe message is signed over survives the way through JSON', () => {
  const sent = { query: 'subscription { a }', variables: { b: 1.5, a: 'ä\u2028', 2: null, __proto__x: [{}] } };
  const received = JSON.parse(JSON.stringify({ ...sent, operationName: null, extensions: { id: '1' } })) as typeof sent;
  expect(subscribeBody(received)).toBe(subscribeBody(sent));
  expect(subscribeBody({ ...sent, variables: { a: 1 } })).not.toBe(subscribeBody({ ...sent, variables: { a: 2 } }));
});

function withMac(json: string): string {
  const head = `v1.${Buffer.from(json).toString('base64url')}`;
  return `${head}.${createHmac('sha256', KEY).update(head).digest('base64url')}`;
}
