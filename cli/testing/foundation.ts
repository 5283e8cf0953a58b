import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startSandbox } from '#sandbox/start.ts';
import { analyticsMigrations } from '#subgraphs/analytics/index.ts';
import { createClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import { migrateClickHouse } from '#subgraphs/shared/clickhouse/migrate.ts';
import type { Config } from '#subgraphs/shared/config/config.ts';
import { migrateQueue } from '#subgraphs/shared/queue/wake-queue.ts';
import { createEmptyDatabase, createTestDatabase, testClickHouse } from '#subgraphs/shared/testing/databases.ts';
import { freePort } from '../embedded/processes.ts';

/** Databases of one test file, made ready, a sandbox beside them, and what processes over them are told. */
export interface Foundation {
  readonly config: Config;
  readonly admin: pg.Pool;
  readonly sandboxUrl: string;
  /** Last: when nothing runs on it any more. */
  close(): Promise<void>;
}

/** @param change of what the processes are told, such as the way to an engine. */
export async function layFoundation(change?: (config: Config) => Promise<Config>): Promise<Foundation> {
  const [database, queue, sandboxDatabase] = await Promise.all([
    createTestDatabase(),
    createEmptyDatabase(),
    createEmptyDatabase(),
  ]);
  const clickhouse = testClickHouse();
  const sandbox = await startSandbox({ databaseUrl: sandboxDatabase.url, host: '127.0.0.1', port: 0 });
  const port = await freePort();
  const plain: Config = {
    mode: 'embedded',
    dataDir: '/nonexistent',
    port,
    host: '127.0.0.1',
    publicUrl: `http://127.0.0.1:${String(port)}`,
    logLevel: 'silent',
    playground: true,
    introspection: true,
    effectLeaseMs: 2_000,
    crashpoint: null,
    databaseUrl: database.appUrl,
    preparedStatements: true,
    systemDatabaseUrl: database.systemUrl,
    systemDirectDatabaseUrl: database.systemUrl,
    adminDatabaseUrl: database.adminUrl,
    queueDatabaseUrl: queue.url,
    redisUrl: null,
    queueNamespace: `test_${randomBytes(6).toString('hex')}`,
    subgraphUrls: {},
    supergraphFile: null,
    clickhouseUrl: clickhouse.url,
    clickhouseDatabase: clickhouse.database,
    masterKey: Buffer.alloc(32, 9),
    operatorToken: 'operator-token-of-the-tests',
    stripeApiBase: sandbox.url,
    stripeConnect: { LIVE: null, TEST: null },
    metricsToken: null,
    otlpEndpoint: null,
    retention: { inboxDays: 90, inboxKeyDays: 400, eventLogDays: 400, timerDays: 90 },
    mailTransport: 'outbox',
    smtpUrl: null,
    mailFrom: 'billing@oppulence.test',
  };
  const config = await (change?.(plain) ?? plain);
  await migrateQueue({
    namespace: config.queueNamespace,
    queueDatabaseUrl: config.queueDatabaseUrl,
    redisUrl: config.redisUrl ?? undefined,
  });
  const clickhouseClient = createClickHouse({ url: config.clickhouseUrl, database: config.clickhouseDatabase });
  await migrateClickHouse(clickhouseClient, analyticsMigrations);
  await clickhouseClient.close();
  const admin = new pg.Pool({ connectionString: database.adminUrl, max: 2 });
  admin.on('error', () => undefined);
  return {
    config,
    admin,
    sandboxUrl: sandbox.url,
    close: async () => {
      await sandbox.close();
      await admin.end();
      await Promise.all([database.drop(), queue.drop(), sandboxDatabase.drop()]);
    },
  };
}

/** The same, as the environment of a process. */
export function environmentOf(config: Config): Record<string, string> {
  return {
    OPPULENCE_MODE: config.mode,
    PORT: String(config.port),
    HOST: config.host,
    PUBLIC_URL: config.publicUrl,
    LOG_LEVEL: 'warn',
    DATABASE_URL: config.databaseUrl,
    DATABASE_PREPARED_STATEMENTS: String(config.preparedStatements),
    SYSTEM_DATABASE_URL: config.systemDatabaseUrl,
    SYSTEM_DIRECT_DATABASE_URL: config.systemDirectDatabaseUrl,
    QUEUE_DATABASE_URL: config.queueDatabaseUrl,
    QUEUE_NAMESPACE: config.queueNamespace,
    ...(config.redisUrl === null ? {} : { REDIS_URL: config.redisUrl }),
    ...(config.supergraphFile === null ? {} : { SUPERGRAPH_FILE: config.supergraphFile }),
    CLICKHOUSE_URL: config.clickhouseUrl,
    CLICKHOUSE_DATABASE: config.clickhouseDatabase,
    OPPULENCE_MASTER_KEY: config.masterKey.toString('base64'),
    OPPULENCE_OPERATOR_TOKEN: config.operatorToken,
    OPPULENCE_EFFECT_LEASE_MS: String(config.effectLeaseMs),
    INBOX_RETENTION_DAYS: String(config.retention.inboxDays),
    INBOX_KEY_RETENTION_DAYS: String(config.retention.inboxKeyDays),
    EVENT_LOG_RETENTION_DAYS: String(config.retention.eventLogDays),
    TIMER_RETENTION_DAYS: String(config.retention.timerDays),
    OPPULENCE_PLAYGROUND: String(config.playground),
    OPPULENCE_INTROSPECTION: String(config.introspection),
    STRIPE_API_BASE: config.stripeApiBase,
    ...connectEnvironment(config),
    MAIL_TRANSPORT: config.mailTransport,
    ...(config.smtpUrl === null ? {} : { SMTP_URL: config.smtpUrl }),
    MAIL_FROM: config.mailFrom,
    ...(config.metricsToken === null ? {} : { METRICS_TOKEN: config.metricsToken }),
    ...(config.otlpEndpoint === null ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: config.otlpEndpoint }),
  };
}

function connectEnvironment({ stripeConnect }: Config): Record<string, string> {
  return Object.fromEntries(
    Object.entries(stripeConnect).flatMap(([mode, platform]) =>
      platform === null
        ? []
        : [
            [`STRIPE_CONNECT_${mode}_KEY`, platform.apiKey],
            [`STRIPE_CONNECT_${mode}_CLIENT_ID`, platform.clientId],
            [`STRIPE_CONNECT_${mode}_WEBHOOK_SECRETS`, platform.webhookSecrets.join(',')],
          ],
    ),
  );
}
