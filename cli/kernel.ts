import { createRelayBus, type QueueConnection } from '#subgraphs/shared/bus/relay-bus.ts';
import type { Bus } from '#subgraphs/shared/bus/bus.ts';
import { type ClickHouse, createClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import type { Config } from '#subgraphs/shared/config/config.ts';
import { createVault } from '#subgraphs/shared/crypto/vault.ts';
import { createWorkerContexts, type WorkerContexts } from '#subgraphs/shared/db/contexts.ts';
import { connectDatabase } from '#subgraphs/shared/db/prisma.ts';
import { connectSystem, type SystemDb } from '#subgraphs/shared/db/system.ts';
import type { ContextDeps } from '#subgraphs/shared/db/use-case-context.ts';
import { createEventLog, type EventLog } from '#subgraphs/shared/events/log.ts';
import { systemIds } from '#subgraphs/shared/ids/ids.ts';
import type { Logger } from '#subgraphs/shared/logging/logger.ts';
import type { MailPort } from '#subgraphs/shared/mail/mail.ts';
import { poolCollector } from '#subgraphs/shared/metrics/kernel-collectors.ts';
import { createMetrics, type Metrics } from '#subgraphs/shared/metrics/metrics.ts';
import { createMailSink, type MailSink } from '#subgraphs/shared/mail/mail-sink.ts';
import { createWakeQueue } from '#subgraphs/shared/queue/wake-queue.ts';
import { startHealthRecorder } from '#subgraphs/shared/resilience/health-recorder.ts';
import { providerFigures } from '#subgraphs/shared/resilience/figures.ts';
import { partitionCollector } from '#subgraphs/shared/retention/partition-collector.ts';
import { createProviderPolicies, type ProviderPolicies } from '#subgraphs/shared/resilience/policies.ts';
import { createSharedWindows, type SharedWindows } from '#subgraphs/shared/resilience/shared-window.ts';
import { armCrashpoint } from '#subgraphs/shared/testing/crashpoint.ts';
import { startTracing, type Tracing } from '#subgraphs/shared/tracing/start.ts';
import { systemClock } from '#subgraphs/shared/time/clock.ts';

/** The engines of one process, connected: what every composition of domains starts from. */
export interface Kernel {
  readonly config: Config;
  readonly log: Logger;
  readonly contextDeps: ContextDeps;
  readonly system: SystemDb;
  readonly contexts: WorkerContexts;
  readonly events: EventLog;
  readonly bus: Bus;
  readonly queue: QueueConnection;
  readonly clickhouse: ClickHouse;
  /** The way out for mail. */
  readonly mail: MailPort;
  /** Where mails are kept that do not leave. */
  readonly outbox: MailSink;
  /** What every call of this process to a provider is made under. */
  readonly providers: ProviderPolicies;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  close(): Promise<void>;
}

/** `service` is what this process is called in traces. */
export async function connectKernel(config: Config, log: Logger, service = 'oppulence'): Promise<Kernel> {
  armCrashpoint(config.crashpoint);
  const metrics = createMetrics(log);
  const tracing = await startTracing({ endpoint: config.otlpEndpoint, service });
  const queue: QueueConnection = {
    namespace: config.queueNamespace,
    queueDatabaseUrl: config.queueDatabaseUrl,
    redisUrl: config.redisUrl ?? undefined,
  };
  const database = connectDatabase({
    databaseUrl: config.databaseUrl,
    preparedStatements: config.preparedStatements,
  });
  const system = connectSystem({
    systemDatabaseUrl: config.systemDatabaseUrl,
    directUrl: config.systemDirectDatabaseUrl,
    preparedStatements: config.preparedStatements,
  });
  metrics.collect(poolCollector({ app: database.pool, system: system.pool }));
  metrics.collect(partitionCollector({ system, wall: systemClock }));
  const bus = await createRelayBus(queue, log);
  const wakeQueue = createWakeQueue(queue, log);
  const clickhouse = createClickHouse({ url: config.clickhouseUrl, database: config.clickhouseDatabase });
  const outbox = createMailSink({ pool: system.pool });
  const health = startHealthRecorder({ system, wall: systemClock, log });
  const windows = sharedWindows(config, log);
  const contextDeps: ContextDeps = {
    database,
    wall: systemClock,
    ids: systemIds,
    log,
    vault: createVault(config.masterKey),
    wake: wakeQueue.wake,
    metrics,
  };
  return {
    config,
    log,
    contextDeps,
    system,
    contexts: createWorkerContexts({ ...contextDeps, system }),
    events: createEventLog({ database, system, bus, wall: systemClock }),
    bus,
    queue,
    clickhouse,
    mail: config.smtpUrl === null ? outbox : await smtpMail(config.smtpUrl),
    outbox,
    providers: createProviderPolicies({ listeners: [health.listener, providerFigures(metrics)], windows }),
    metrics,
    tracing,
    close: async () => {
      await health.close();
      windows?.close();
      await wakeQueue.close();
      await bus.close();
      await clickhouse.close();
      await database.close();
      await system.close();
      await tracing.close();
    },
  };
}

/** What accounts may at their providers is shared over Redis, where several processes call for the same ones. */
function sharedWindows({ redisUrl, queueNamespace }: Config, log: Logger): SharedWindows | null {
  if (redisUrl === null) return null;
  return createSharedWindows({ redisUrl, namespace: queueNamespace }, (error) => {
    log.warn({ err: error }, 'the rates of providers are not shared at the moment');
  });
}

/** Loaded where it is used: most processes send no mail. */
async function smtpMail(smtpUrl: string): Promise<MailPort> {
  const { createSmtpMail } = await import('#subgraphs/shared/mail/smtp.ts');
  return createSmtpMail({ smtpUrl });
}
