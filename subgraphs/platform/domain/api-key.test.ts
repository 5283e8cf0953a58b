import { describe, expect, it } from '@jest/globals';
import { displayPrefix, isLastAdminKey, isUsable, modeOfSecret, newApiKeySecret, type ApiKey } from './api-key.ts';

const now = new Date('2026-03-01T12:00:00Z');
const key = (over: Partial<ApiKey>): ApiKey => ({
  workspaceId: 'ws_1',
  id: 'key_1',
  name: 'key',
  prefix: 'op_test_abcd',
  scopes: ['admin:*'],
  createdAt: now,
  expiresAt: null,
  revokedAt: null,
  ...over,
});

describe('an API key', () => {
  it.each(['LIVE', 'TEST'] as const)(
    'of a %s workspace says so, is 40 characters long and never the same twice',
    (mode) => {
      const secrets = new Set(Array.from({ length: 200 }, () => newApiKeySecret(mode)));
      expect(secrets.size).toBe(200);
      for (const secret of secrets) {
        expect(secret).toHaveLength(40);
        expect(modeOfSecret(secret)).toBe(mode);
        expect(displayPrefix(secret)).toBe(secret.slice(0, 12));
      }
    },
  );

  it.each([
    '',
    'op_live_',
    'op_sandbox_' + 'a'.repeat(32),
    'op_live_' + 'a'.repeat(31),
    'op_test_' + 'a'.repeat(33),
    `op_live_${'a'.repeat(31)}-`,
  ])('is not read from %j', (text) => {
    expect(modeOfSecret(text)).toBeNull();
  });

  it('works until the instant it expires and not in that instant', () => {
    const expiresAt = new Date('2026-03-01T12:00:00.000Z');
    expect(isUsable(key({ expiresAt }), new Date(expiresAt.getTime() - 1))).toBe(true);
    expect(isUsable(key({ expiresAt }), expiresAt)).toBe(false);
  });

  it.each([
    { others: [], last: true },
    { others: [key({ id: 'key_2' })], last: false },
    { others: [key({ id: 'key_2', scopes: ['workspace:write'] })], last: true },
    { others: [key({ id: 'key_2', revokedAt: now })], last: true },
    { others: [key({ id: 'key_2', expiresAt: new Date('2026-03-02T00:00:00Z') })], last: true },
  ])('is the last lasting admin key: $last beside $others', ({ others, last }) => {
    const target = key({});
    expect(isLastAdminKey(target, [target, ...others], now)).toBe(last);
  });

  it('without admin rights is never the last admin key', () => {
    const target = key({ scopes: ['billing:read'] });
    expect(isLastAdminKey(target, [target], now)).toBe(false);
  });
});
