import { analyticsMigrations } from '#subgraphs/analytics/clickhouse/migrations/index.ts';
import { createClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import { migrateClickHouse } from '#subgraphs/shared/clickhouse/migrate.ts';
import { migrateQueue } from '#subgraphs/shared/queue/wake-queue.ts';

/** Brings ClickHouse and the queue up to date, between PostgreSQL's migrations and the first process that serves. */
export async function prepareEngines(env: Readonly<Record<string, string>>): Promise<void> {
  const { CLICKHOUSE_URL: url = '', CLICKHOUSE_DATABASE: database = '' } = env;
  const queue = {
    namespace: env['QUEUE_NAMESPACE'] ?? 'oppulence',
    queueDatabaseUrl: env['QUEUE_DATABASE_URL'],
    redisUrl: env['REDIS_URL'],
  };
  const clickhouse = createClickHouse({ url, database });
  try {
    await Promise.all([migrateQueue(queue), migrateClickHouse(clickhouse, analyticsMigrations)]);
  } finally {
    await clickhouse.close();
  }
}
