import { resolve } from 'node:path';
import { inspect } from 'node:util';

import { z } from 'zod';

import type { LogLevel } from '../logging/logger.ts';
import type { Retention } from '../retention/retention-lane.ts';
import { scrubText, REDACTED } from '../logging/scrub-text.ts';
import type { ArmedCrashpoint } from '../testing/crashpoint.ts';
import { ConfigError, type ConfigMistake } from './config-error.ts';
import { launchVariables, serverVariables, type MailTransport, type Mode } from './variables.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export interface LaunchConfig {
  readonly mode: Mode;
  /** Absolute. */
  readonly dataDir: string;
  /** The gateway's; 0 lets the system choose. */
  readonly port: number;
  readonly host: string;
  /** How customers' browsers reach the gateway, without a slash at the end: magic links begin with it. */
  readonly publicUrl: string;
  readonly logLevel: LogLevel;
  readonly playground: boolean;
  readonly introspection: boolean;
  /** How long a claimed effect may take before it counts as broken off, in wall-clock milliseconds. */
  readonly effectLeaseMs: number;
  /** Null unless the test flag is set. */
  readonly crashpoint: ArmedCrashpoint | null;
}

export interface Config extends LaunchConfig {
  /** The application's role, under row-level security. */
  readonly databaseUrl: string;
  /** Statements that come again and again are parsed and planned once a connection: what DATABASE_URL and SYSTEM_DATABASE_URL lead to must allow it. */
  readonly preparedStatements: boolean;
  /** The role of dispatcher, sweeper and the look-ups that come before a workspace is known. */
  readonly systemDatabaseUrl: string;
  /** The system role straight at PostgreSQL, for LISTEN and session locks; systemDatabaseUrl unless given. */
  readonly systemDirectDatabaseUrl: string;
  /** The owner of the tables, for migrations; a serving process does without. */
  readonly adminDatabaseUrl: string | null;
  /** Where BullMQ keeps its queues; the system role's database unless given. Not used when redisUrl is set. */
  readonly queueDatabaseUrl: string;
  readonly redisUrl: string | null;
  /** Keeps deployments that share one Redis (or queue database) apart. */
  readonly queueNamespace: string;
  /** Where the subgraphs listen, by name, without a slash at the end; empty where they run in the gateway's process. */
  readonly subgraphUrls: Readonly<Record<string, string>>;
  /** What `run gateway` serves, and follows when it changes; null: the one that came with this build. Absolute. */
  readonly supergraphFile: string | null;
  readonly clickhouseUrl: string;
  readonly clickhouseDatabase: string;
  /** 32 bytes. */
  readonly masterKey: Buffer;
  readonly operatorToken: string;
  /** Stripe, or a sandbox that speaks its protocol, without a slash at the end. */
  readonly stripeApiBase: string;
  /** Our own Stripe account as a platform, by mode; null where accounts cannot be connected by OAuth. */
  readonly stripeConnect: { readonly LIVE: StripeConnectConfig | null; readonly TEST: StripeConnectConfig | null };
  /** Opens /metrics to whoever sends it; without one it is open on a loopback address alone. */
  readonly metricsToken: string | null;
  /** Where traces go (OTLP over HTTP), without a slash at the end; null: there are none. */
  readonly otlpEndpoint: string | null;
  readonly retention: Retention;
  readonly mailTransport: MailTransport;
  /** Null where mails stay in the outbox. */
  readonly smtpUrl: string | null;
  /** The address that mails come from. */
  readonly mailFrom: string;
}

export interface StripeConnectConfig {
  readonly apiKey: string;
  readonly clientId: string;
  /** Of the platform's endpoint for connected accounts; several while one is rolled. */
  readonly webhookSecrets: readonly string[];
}

/**
 * The one place that reads the environment; an empty variable counts as unset. Printing or logging the result shows no secret.
 * @throws {ConfigError} that lists every mistake at once, each with what to do.
 */
export function loadConfig(env: Env = process.env): Config {
  const values = parse({ ...launchVariables, ...serverVariables }, env, (given) => [
    ...mailMistakes(given),
    ...connectMistakes(given),
  ]);
  const launch = launchConfig(values);
  return concealing({
    ...launch,
    databaseUrl: values.DATABASE_URL,
    systemDatabaseUrl: values.SYSTEM_DATABASE_URL,
    systemDirectDatabaseUrl: values.SYSTEM_DIRECT_DATABASE_URL ?? values.SYSTEM_DATABASE_URL,
    preparedStatements: values.DATABASE_PREPARED_STATEMENTS ?? launch.mode === 'embedded',
    adminDatabaseUrl: values.ADMIN_DATABASE_URL ?? null,
    queueDatabaseUrl: values.QUEUE_DATABASE_URL ?? values.SYSTEM_DIRECT_DATABASE_URL ?? values.SYSTEM_DATABASE_URL,
    redisUrl: values.REDIS_URL ?? null,
    queueNamespace: values.QUEUE_NAMESPACE,
    subgraphUrls: values.SUBGRAPH_URLS ?? {},
    supergraphFile: values.SUPERGRAPH_FILE === undefined ? null : resolve(values.SUPERGRAPH_FILE),
    clickhouseUrl: withoutSlash(values.CLICKHOUSE_URL),
    clickhouseDatabase: values.CLICKHOUSE_DATABASE,
    masterKey: values.OPPULENCE_MASTER_KEY,
    operatorToken: values.OPPULENCE_OPERATOR_TOKEN,
    stripeApiBase: withoutSlash(values.STRIPE_API_BASE),
    stripeConnect: { LIVE: stripeConnect(values, 'LIVE'), TEST: stripeConnect(values, 'TEST') },
    metricsToken: values.METRICS_TOKEN ?? null,
    otlpEndpoint:
      values.OTEL_EXPORTER_OTLP_ENDPOINT === undefined ? null : withoutSlash(values.OTEL_EXPORTER_OTLP_ENDPOINT),
    retention: {
      inboxDays: values.INBOX_RETENTION_DAYS,
      inboxKeyDays: values.INBOX_KEY_RETENTION_DAYS,
      eventLogDays: values.EVENT_LOG_RETENTION_DAYS,
      timerDays: values.TIMER_RETENTION_DAYS,
    },
    mailTransport: mailTransport(values),
    smtpUrl: mailTransport(values) === 'smtp' ? (values.SMTP_URL ?? null) : null,
    mailFrom: values.MAIL_FROM ?? `billing@${new URL(launch.publicUrl).hostname}`,
  });
}

type MailSettings = Readonly<Partial<Record<'OPPULENCE_MODE' | 'MAIL_TRANSPORT' | 'SMTP_URL', string | undefined>>>;

/** By SMTP where a server is named. Services must say so if no mail is to leave: nobody would look into an outbox there. */
function mailTransport({ OPPULENCE_MODE, MAIL_TRANSPORT, SMTP_URL }: MailSettings): MailTransport {
  if (MAIL_TRANSPORT !== undefined) return MAIL_TRANSPORT === 'outbox' ? 'outbox' : 'smtp';
  return SMTP_URL === undefined && OPPULENCE_MODE !== 'distributed' ? 'outbox' : 'smtp';
}

function mailMistakes(given: Env): ConfigMistake[] {
  if (mailTransport(given) === 'outbox') return [];
  return ['SMTP_URL', 'MAIL_FROM']
    .filter((variable) => !(variable in given))
    .map((variable) => ({ variable, message: 'is not set' }));
}

function stripeConnect(values: Values<typeof serverVariables>, mode: 'LIVE' | 'TEST'): StripeConnectConfig | null {
  const apiKey = values[`STRIPE_CONNECT_${mode}_KEY`];
  const clientId = values[`STRIPE_CONNECT_${mode}_CLIENT_ID`];
  const webhookSecrets = values[`STRIPE_CONNECT_${mode}_WEBHOOK_SECRETS`];
  return apiKey === undefined || clientId === undefined || webhookSecrets === undefined
    ? null
    : { apiKey, clientId, webhookSecrets };
}

/** All three of a mode, or none: half of them could connect accounts and never hear of them. */
function connectMistakes(given: Env): ConfigMistake[] {
  return ['LIVE', 'TEST'].flatMap((mode) => {
    const names = ['KEY', 'CLIENT_ID', 'WEBHOOK_SECRETS'].map((part) => `STRIPE_CONNECT_${mode}_${part}`);
    const missing = names.filter((variable) => !(variable in given));
    return missing.length === names.length ? [] : missing.map((variable) => ({ variable, message: 'is not set' }));
  });
}

/** The part that is known before any engine runs: for the supervisor and the command line. @throws {ConfigError} as loadConfig. */
export function loadLaunchConfig(env: Env = process.env): LaunchConfig {
  return launchConfig(parse(launchVariables, env));
}

type Values<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>;

function parse<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: Env,
  alsoWrong: (given: Env) => readonly ConfigMistake[] = () => [],
): Values<Shape> {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const result = z.object(shape).safeParse(given);
  const issues = result.success ? [] : result.error.issues;
  const mistakes = issues.map(({ path, message }) => ({ variable: String(path[0]), message }));
  if ('OPPULENCE_CRASHPOINT' in given && !isOn(given['OPPULENCE_TEST_CRASHPOINTS'])) {
    mistakes.push({ variable: 'OPPULENCE_CRASHPOINT', message: 'is for tests only. Unset it' });
  }
  mistakes.push(...alsoWrong(given));
  if (!result.success || mistakes.length > 0) throw new ConfigError(mistakes, given);
  return result.data;
}

function launchConfig(values: Values<typeof launchVariables>): LaunchConfig {
  const embedded = values.OPPULENCE_MODE === 'embedded';
  return {
    mode: values.OPPULENCE_MODE,
    dataDir: resolve(values.OPPULENCE_DATA_DIR),
    port: values.PORT,
    host: values.HOST ?? (embedded ? '127.0.0.1' : '0.0.0.0'),
    publicUrl: withoutSlash(values.PUBLIC_URL ?? `http://localhost:${String(values.PORT)}`),
    logLevel: values.LOG_LEVEL,
    playground: values.OPPULENCE_PLAYGROUND ?? embedded,
    introspection: values.OPPULENCE_INTROSPECTION ?? embedded,
    effectLeaseMs: values.OPPULENCE_EFFECT_LEASE_MS,
    crashpoint: values.OPPULENCE_CRASHPOINT ?? null,
  };
}

function isOn(value: string | undefined): boolean {
  return z.stringbool().safeParse(value).data === true;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/** What a log line, a template string or a debugger prints of the config has no secret in it; reading a field gives the real value. */
function concealing(config: Config): Config {
  const shown = (): Record<string, unknown> => {
    const entries = Object.entries(config).map(([name, value]: [string, unknown]) => [name, concealed(name, value)]);
    return Object.fromEntries(entries) as Record<string, unknown>;
  };
  return Object.freeze(
    Object.defineProperties(
      { ...config },
      { toJSON: { value: shown }, [inspect.custom]: { value: shown }, toString: { value: () => '[Config]' } },
    ),
  );
}

function concealed(name: string, value: unknown): unknown {
  if (['masterKey', 'operatorToken', 'metricsToken', 'stripeConnect'].includes(name) && value !== null) return REDACTED;
  return typeof value === 'string' ? scrubText(value) : value;
}
