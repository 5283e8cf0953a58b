import { isAbsolute } from 'node:path';
import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';

import { createLogger } from '../logging/logger.ts';
import { ConfigError } from './config-error.ts';
import { loadConfig, loadLaunchConfig, type Env } from './config.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const TOKEN = 'operator-token-operator-token';
const ENV: Env = {
  DATABASE_URL: 'postgresql://app:hunter2@db:5432/oppulence',
  SYSTEM_DATABASE_URL: 'postgres://system:hunter3@db:5432/oppulence',
  CLICKHOUSE_URL: 'http://default:hunter4@ch:8123/',
  OPPULENCE_MASTER_KEY: KEY,
  OPPULENCE_OPERATOR_TOKEN: TOKEN,
};

function mistakes(env: Env): Record<string, string> {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError)
      return Object.fromEntries(error.mistakes.map(({ variable, message }) => [variable, message]));
    throw error;
  }
  return {};
}

describe('the configuration', () => {
  it('needs five variables and fills in the rest', () => {
    expect({ ...loadConfig(ENV) }).toEqual({
      mode: 'embedded',
      dataDir: expect.stringMatching(/\.oppulence$/),
      port: 4000,
      host: '127.0.0.1',
      publicUrl: 'http://localhost:4000',
      logLevel: 'info',
      playground: true,
      introspection: true,
      effectLeaseMs: 15_000,
      crashpoint: null,
      databaseUrl: ENV['DATABASE_URL'],
      preparedStatements: true,
      systemDatabaseUrl: ENV['SYSTEM_DATABASE_URL'],
      systemDirectDatabaseUrl: ENV['SYSTEM_DATABASE_URL'],
      adminDatabaseUrl: null,
      queueDatabaseUrl: ENV['SYSTEM_DATABASE_URL'],
      redisUrl: null,
      queueNamespace: 'oppulence',
      subgraphUrls: {},
      supergraphFile: null,
      clickhouseUrl: 'http://default:hunter4@ch:8123',
      clickhouseDatabase: 'oppulence',
      masterKey: Buffer.alloc(32, 7),
      operatorToken: TOKEN,
      stripeApiBase: 'https://api.stripe.com',
      stripeConnect: { LIVE: null, TEST: null },
      metricsToken: null,
      otlpEndpoint: null,
      retention: { inboxDays: 90, inboxKeyDays: 400, eventLogDays: 400, timerDays: 90 },
      mailTransport: 'outbox',
      smtpUrl: null,
      mailFrom: 'billing@localhost',
    });
    expect(isAbsolute(loadConfig(ENV).dataDir)).toBe(true);
  });

  it('takes what is set', () => {
    const config = loadConfig({
      ...ENV,
      OPPULENCE_MODE: 'distributed',
      OPPULENCE_DATA_DIR: '/var/lib/oppulence',
      PORT: '8080',
      PUBLIC_URL: 'https://pay.example.com/',
      LOG_LEVEL: 'debug',
      REDIS_URL: 'rediss://cache:6379',
      QUEUE_NAMESPACE: 'staging',
      SYSTEM_DIRECT_DATABASE_URL: 'postgres://system@db:5432/oppulence',
      SUBGRAPH_URLS: 'billing=http://billing:4000/, recovery=http://recovery:4000\nplatform=https://platform',
      SMTP_URL: 'smtp://user:hunter5@mail:587',
      MAIL_FROM: 'billing@example.com',
      QUEUE_DATABASE_URL: 'postgres://q@db/q',
      OPPULENCE_INTROSPECTION: 'on',
      OPPULENCE_EFFECT_LEASE_MS: '500',
      INBOX_RETENTION_DAYS: '35',
      EVENT_LOG_RETENTION_DAYS: '8',
      TIMER_RETENTION_DAYS: '1',
      STRIPE_API_BASE: 'http://127.0.0.1:9999/',
    });
    expect(config).toMatchObject({
      mode: 'distributed',
      preparedStatements: false,
      dataDir: '/var/lib/oppulence',
      port: 8080,
      host: '0.0.0.0',
      publicUrl: 'https://pay.example.com',
      logLevel: 'debug',
      redisUrl: 'rediss://cache:6379',
      queueNamespace: 'staging',
      systemDirectDatabaseUrl: 'postgres://system@db:5432/oppulence',
      subgraphUrls: {
        billing: 'http://billing:4000',
        recovery: 'http://recovery:4000',
        platform: 'https://platform',
      },
      mailTransport: 'smtp',
      smtpUrl: 'smtp://user:hunter5@mail:587',
      mailFrom: 'billing@example.com',
      queueDatabaseUrl: 'postgres://q@db/q',
      playground: false,
      introspection: true,
      effectLeaseMs: 500,
      retention: { inboxDays: 35, inboxKeyDays: 400, eventLogDays: 8, timerDays: 1 },
      stripeApiBase: 'http://127.0.0.1:9999',
    });
  });

  it('tells all mistakes at once, each with what to do, and shows no value', () => {
    const env = {
      PORT: 'http',
      OPPULENCE_MODE: 'cloud',
      DATABASE_URL: 'mysql://root:hunter2@db',
      OPPULENCE_MASTER_KEY: 'hunter2',
      CLICKHOUSE_URL: ' ',
    };
    expect(mistakes(env)).toEqual({
      PORT: 'must be a port number, such as 4000.',
      OPPULENCE_MODE: 'must be embedded or distributed.',
      DATABASE_URL: 'must be a URL that begins with postgres:// or postgresql://.',
      SYSTEM_DATABASE_URL: expect.stringMatching(/^is not set\. Set it to .*\.$/),
      CLICKHOUSE_URL: expect.stringMatching(/^is not set\. Set it to .*\.$/),
      OPPULENCE_MASTER_KEY: expect.stringContaining('openssl rand -base64 32'),
      OPPULENCE_OPERATOR_TOKEN: expect.stringMatching(/^is not set\. Set it to .*\.$/),
    });
    expect(() => loadConfig(env)).toThrow(/^The configuration has 7 mistakes:\n {2}/);
    expect(() => loadConfig(env)).not.toThrow(/hunter2/);
  });

  it.each([
    { variable: 'PORT', value: '65536' },
    { variable: 'PORT', value: '-1' },
    { variable: 'PUBLIC_URL', value: 'pay.example.com' },
    { variable: 'PUBLIC_URL', value: 'javascript:alert(1)' },
    { variable: 'REDIS_URL', value: 'http://cache' },
    { variable: 'CLICKHOUSE_DATABASE', value: 'a; DROP' },
    { variable: 'QUEUE_NAMESPACE', value: 'a:b' },
    { variable: 'SUBGRAPH_URLS', value: 'http://billing:4000' },
    { variable: 'SUBGRAPH_URLS', value: 'billing=billing:4000' },
    { variable: 'MAIL_FROM', value: 'Billing <billing@example.com>' },
    { variable: 'OPPULENCE_MASTER_KEY', value: Buffer.alloc(31).toString('base64') },
    { variable: 'OPPULENCE_MASTER_KEY', value: Buffer.alloc(33).toString('base64') },
    { variable: 'OPPULENCE_OPERATOR_TOKEN', value: 'short' },
    { variable: 'OPPULENCE_PLAYGROUND', value: 'maybe' },
    { variable: 'INBOX_RETENTION_DAYS', value: '30' },
    { variable: 'INBOX_KEY_RETENTION_DAYS', value: '1 year' },
    { variable: 'EVENT_LOG_RETENTION_DAYS', value: '7' },
    { variable: 'TIMER_RETENTION_DAYS', value: '0' },
    { variable: 'LOG_LEVEL', value: 'loud' },
    { variable: 'OPPULENCE_EFFECT_LEASE_MS', value: '1s' },
  ])('refuses $variable=$value', ({ variable, value }) => {
    expect(Object.keys(mistakes({ ...ENV, [variable]: value }))).toEqual([variable]);
  });

  it('does not start services of which mails would never leave, unless that is what they are told', () => {
    const services = { ...ENV, OPPULENCE_MODE: 'distributed' };
    expect(mistakes(services)).toEqual({
      SMTP_URL: expect.stringMatching(/^is not set\. Set it to .*MAIL_TRANSPORT=outbox/),
      MAIL_FROM: expect.stringMatching(/^is not set\. /),
    });
    expect(Object.keys(mistakes({ ...services, SMTP_URL: 'mail:587', MAIL_FROM: 'a@b' }))).toEqual(['SMTP_URL']);
    expect(mistakes({ ...services, MAIL_TRANSPORT: 'pigeon' })).toMatchObject({
      MAIL_TRANSPORT: 'must be smtp or outbox.',
    });
    expect(loadConfig({ ...services, MAIL_TRANSPORT: 'outbox' })).toMatchObject({ mailTransport: 'outbox' });
    // An address to send from is nobody's to guess, wherever mails leave.
    expect(Object.keys(mistakes({ ...ENV, SMTP_URL: 'smtp://mail' }))).toEqual(['MAIL_FROM']);
  });

  it('takes a platform at Stripe whole or not at all, for each mode, and shows none of it', () => {
    const live = {
      STRIPE_CONNECT_LIVE_KEY: 'sk_live_hunter6',
      STRIPE_CONNECT_LIVE_CLIENT_ID: 'ca_1',
      STRIPE_CONNECT_LIVE_WEBHOOK_SECRETS: 'whsec_new, whsec_old',
    };
    const config = loadConfig({ ...ENV, ...live });
    expect(config.stripeConnect).toEqual({
      LIVE: { apiKey: 'sk_live_hunter6', clientId: 'ca_1', webhookSecrets: ['whsec_new', 'whsec_old'] },
      TEST: null,
    });
    expect(JSON.stringify(config) + inspect(config)).not.toMatch(/hunter6|whsec_(new|old)/);
    expect(mistakes({ ...ENV, ...live, STRIPE_CONNECT_LIVE_CLIENT_ID: '' })).toEqual({
      STRIPE_CONNECT_LIVE_CLIENT_ID: expect.stringMatching(/^is not set\. Set it to .*Connect/),
    });
    expect(Object.keys(mistakes({ ...ENV, ...live, STRIPE_CONNECT_LIVE_KEY: 'sk_test_1' }))).toEqual([
      'STRIPE_CONNECT_LIVE_KEY',
    ]);
    expect(Object.keys(mistakes({ ...ENV, ...live, STRIPE_CONNECT_LIVE_WEBHOOK_SECRETS: 'a;b' }))).toEqual([
      'STRIPE_CONNECT_LIVE_WEBHOOK_SECRETS',
    ]);
  });

  it('accepts the key in either base64 alphabet', () => {
    const bytes = Buffer.alloc(32, 0xff);
    expect(loadConfig({ ...ENV, OPPULENCE_MASTER_KEY: bytes.toString('base64url') }).masterKey).toEqual(bytes);
    expect(loadConfig({ ...ENV, OPPULENCE_MASTER_KEY: bytes.toString('base64') }).masterKey).toEqual(bytes);
  });

  it('gives the supervisor its part before any engine runs', () => {
    expect(loadLaunchConfig({ PORT: '0' })).toMatchObject({ mode: 'embedded', port: 0 });
    expect(() => loadLaunchConfig({ PORT: 'x' })).toThrow(ConfigError);
  });
});

describe('a crash point', () => {
  const armed = { ...ENV, OPPULENCE_CRASHPOINT: 'effects.after-send:2' };

  it('is handed out under the test flag', () => {
    expect(loadConfig({ ...armed, OPPULENCE_TEST_CRASHPOINTS: '1' }).crashpoint).toEqual({
      name: 'effects.after-send',
      nth: 2,
    });
    expect(
      loadConfig({ ...ENV, OPPULENCE_CRASHPOINT: 'timers.after-fire', OPPULENCE_TEST_CRASHPOINTS: 'true' }).crashpoint,
    ).toEqual({ name: 'timers.after-fire', nth: 1 });
  });

  it.each([undefined, '', '0', 'false'])('keeps a process from starting when the flag is %p', (flag) => {
    expect(Object.keys(mistakes({ ...armed, OPPULENCE_TEST_CRASHPOINTS: flag }))).toEqual(['OPPULENCE_CRASHPOINT']);
  });

  it.each(['effects.before-send', 'effects.after-send:0', 'effects.after-send:1:1', 'effects.after-send:x'])(
    'cannot be %s',
    (text) => {
      expect(Object.keys(mistakes({ ...ENV, OPPULENCE_CRASHPOINT: text, OPPULENCE_TEST_CRASHPOINTS: '1' }))).toEqual([
        'OPPULENCE_CRASHPOINT',
      ]);
    },
  );
});

describe('printing the configuration', () => {
  it('shows no key, token or password, in whichever way', () => {
    const config = loadConfig(ENV);
    const written: string[] = [];
    const log = createLogger({
      level: 'info',
      name: 'test',
      destination: { write: (line) => void written.push(line) },
    });
    log.info({ config }, 'started');
    log.info(config, 'started');
    log.info({ ...config }, 'a copy');
    const shown = [
      inspect(config, { depth: 9, showHidden: true }),
      JSON.stringify(config),
      JSON.stringify({ config }),
      `config: ${config as unknown as string}`,
      ...written,
    ].join('\n');
    expect(shown).toContain('[redacted]');
    expect(shown).toContain('db:5432');
    for (const secret of ['hunter', TOKEN, KEY, '07 07 07', '"data":[7,7']) expect(shown).not.toContain(secret);
  });
});
