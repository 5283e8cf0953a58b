import { z } from 'zod';

import { isCrashpoint, type ArmedCrashpoint } from '../testing/crashpoint.ts';
import { LOG_LEVELS } from '../logging/logger.ts';

export const MODES = ['embedded', 'distributed'] as const;
export type Mode = (typeof MODES)[number];

/** `smtp` sends; `outbox` keeps mails in the database, where they can be read and from where none leaves. */
export const MAIL_TRANSPORTS = ['smtp', 'outbox'] as const;
export type MailTransport = (typeof MAIL_TRANSPORTS)[number];

const url = (...protocols: string[]): z.ZodType<string> =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1)), {
    message: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
  });
const postgres = url('postgres', 'postgresql');
const http = url('http', 'https');
const smtp = url('smtp', 'smtps');
const flag = z.stringbool({ error: 'must be true or false' });

const masterKey = z
  .string()
  .regex(/^[A-Za-z0-9+/_-]{43}=?$/, 'must be 32 bytes in base64. Make one with: openssl rand -base64 32')
  .transform((text) => Buffer.from(text, 'base64'));

const crashpoint = z.string().transform((text, ctx): ArmedCrashpoint => {
  const [name = '', nth = '1', ...more] = text.split(':');
  if (isCrashpoint(name) && /^[1-9]\d{0,5}$/.test(nth) && more.length === 0) return { name, nth: Number(nth) };
  ctx.addIssue({ code: 'custom', message: 'must be a name of testing/crashpoint.ts, perhaps with :nth behind it' });
  return z.NEVER;
});

/** `name=url` pairs, separated by commas or line breaks. */
const namedUrls = z.string().transform((text, ctx): Readonly<Record<string, string>> => {
  const pairs = text.split(/[,\n]/).flatMap((part) => (part.trim() === '' ? [] : [part.trim().split(/=(.*)/s)]));
  const named = pairs.map(([name = '', address = '']) => [name.trim(), address.trim()] as const);
  if (named.every(([name, address]) => /^[a-z][a-z0-9-]*$/.test(name) && http.safeParse(address).success))
    return Object.fromEntries(named.map(([name, address]) => [name, address.replace(/\/+$/, '')]));
  ctx.addIssue({ code: 'custom', message: 'must be name=url pairs, such as billing=http://billing:4000' });
  return z.NEVER;
});

const days = (least: number, why: string): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,4}$/, 'must be a whole number of days')
    .transform(Number)
    .refine((count) => count >= least, `must be at least ${String(least)}: ${why}`);

// Of our own Stripe account as a platform. A client id does not say which mode it is of.
const platformKey = (mode: 'live' | 'test'): z.ZodType<string> =>
  z
    .string()
    .regex(new RegExp(`^(sk|rk)_${mode}_\\w+$`), `must be a secret key of the platform's ${mode} mode: sk_${mode}_…`);
const clientId = z.string().regex(/^ca_\w+$/, 'must be the client id of the platform: ca_…');
const signingSecrets = z
  .string()
  .regex(/^whsec_\w+(\s*,\s*whsec_\w+)*$/, 'must be signing secrets (whsec_…), separated by commas')
  .transform((text) => text.split(',').map((secret) => secret.trim()));

const mailbox = z
  .string()
  .regex(/^[^\s@<>"]+@[^\s@<>"]+$/, 'must be a mail address alone, such as billing@example.com');

/** What a process needs before any engine runs: enough for the supervisor, which starts the engines and hands their addresses on. */
export const launchVariables = {
  OPPULENCE_MODE: z.enum(MODES, { error: `must be ${MODES.join(' or ')}` }).default('embedded'),
  OPPULENCE_DATA_DIR: z.string().default('.oppulence'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number, such as 4000')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be at most 65535')
    .default(4000),
  HOST: z.string().optional(),
  PUBLIC_URL: http.optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('info'),
  OPPULENCE_PLAYGROUND: flag.optional(),
  OPPULENCE_INTROSPECTION: flag.optional(),
  OPPULENCE_EFFECT_LEASE_MS: z
    .string()
    .regex(/^\d{3,7}$/, 'must be milliseconds, 100 or more')
    .transform(Number)
    .default(15_000),
  OPPULENCE_TEST_CRASHPOINTS: flag.default(false),
  OPPULENCE_CRASHPOINT: crashpoint.optional(),
} as const;

/** What the web and worker processes need besides. */
export const serverVariables = {
  DATABASE_URL: postgres,
  SYSTEM_DATABASE_URL: postgres,
  /** Whether statements may be prepared for the life of a connection. Not behind a PgBouncer before 1.21, or one without `max_prepared_statements`. */
  DATABASE_PREPARED_STATEMENTS: flag.optional(),
  /** Where LISTEN and session locks work, when SYSTEM_DATABASE_URL leads to PgBouncer. */
  SYSTEM_DIRECT_DATABASE_URL: postgres.optional(),
  ADMIN_DATABASE_URL: postgres.optional(),
  QUEUE_DATABASE_URL: postgres.optional(),
  REDIS_URL: url('redis', 'rediss').optional(),
  QUEUE_NAMESPACE: z
    .string()
    .regex(/^[A-Za-z0-9_]{1,48}$/, 'must be letters, digits and underscores')
    .default('oppulence'),
  SUBGRAPH_URLS: namedUrls.optional(),
  SUPERGRAPH_FILE: z.string().optional(),
  CLICKHOUSE_URL: http,
  CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'must be letters, digits and underscores')
    .default('oppulence'),
  OPPULENCE_MASTER_KEY: masterKey,
  OPPULENCE_OPERATOR_TOKEN: z.string().min(24, 'must have at least 24 characters. Make one with: openssl rand -hex 24'),
  STRIPE_API_BASE: http.default('https://api.stripe.com'),
  STRIPE_CONNECT_LIVE_KEY: platformKey('live').optional(),
  STRIPE_CONNECT_LIVE_CLIENT_ID: clientId.optional(),
  STRIPE_CONNECT_LIVE_WEBHOOK_SECRETS: signingSecrets.optional(),
  STRIPE_CONNECT_TEST_KEY: platformKey('test').optional(),
  STRIPE_CONNECT_TEST_CLIENT_ID: clientId.optional(),
  STRIPE_CONNECT_TEST_WEBHOOK_SECRETS: signingSecrets.optional(),
  METRICS_TOKEN: z.string().min(24, 'must have at least 24 characters. Make one with: openssl rand -hex 24').optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: http.optional(),
  INBOX_RETENTION_DAYS: days(35, 'Stripe tells of events for 30 days').default(90),
  INBOX_KEY_RETENTION_DAYS: days(35, 'Stripe tells of events for 30 days').default(400),
  EVENT_LOG_RETENTION_DAYS: days(8, 'cursors are good for seven days').default(400),
  TIMER_RETENTION_DAYS: days(1, 'somebody may want to see what was fired').default(90),
  MAIL_TRANSPORT: z.enum(MAIL_TRANSPORTS, { error: `must be ${MAIL_TRANSPORTS.join(' or ')}` }).optional(),
  SMTP_URL: smtp.optional(),
  MAIL_FROM: mailbox.optional(),
} as const;

/** Said when a variable that has no default is missing. */
export const WHAT_TO_SET: Readonly<Record<string, string>> = {
  DATABASE_URL: 'Set it to the PostgreSQL URL of the application role (no BYPASSRLS, not the owner of the tables).',
  SYSTEM_DATABASE_URL: 'Set it to the PostgreSQL URL of the system role (dispatcher, sweeper, webhook endpoints).',
  CLICKHOUSE_URL: 'Set it to the HTTP address of ClickHouse, such as http://localhost:8123.',
  OPPULENCE_MASTER_KEY:
    'Set it to 32 random bytes in base64 (openssl rand -base64 32), keep it safe, and never change it.',
  SMTP_URL:
    'Set it to the server that sends mail (smtp://user:password@host:587), or set MAIL_TRANSPORT=outbox: then no mail leaves.',
  STRIPE_CONNECT_LIVE_KEY:
    'Set it to the secret key of your platform at Stripe, or unset the other STRIPE_CONNECT_LIVE_ variables.',
  STRIPE_CONNECT_LIVE_CLIENT_ID:
    'Set it to the client id (ca_…) of your platform, from its Connect settings at Stripe.',
  STRIPE_CONNECT_LIVE_WEBHOOK_SECRETS:
    'Set it to the signing secret (whsec_…) of your endpoint for connected accounts.',
  STRIPE_CONNECT_TEST_KEY:
    'Set it to the secret key of your platform at Stripe, or unset the other STRIPE_CONNECT_TEST_ variables.',
  STRIPE_CONNECT_TEST_CLIENT_ID:
    'Set it to the client id (ca_…) of your platform, from its Connect settings at Stripe.',
  STRIPE_CONNECT_TEST_WEBHOOK_SECRETS:
    'Set it to the signing secret (whsec_…) of your endpoint for connected accounts.',
  MAIL_FROM: 'Set it to the address that mails come from, such as billing@example.com.',
  OPPULENCE_OPERATOR_TOKEN:
    'Set it to a long random text (openssl rand -hex 24): it is the key to everything an operator may do.',
};
