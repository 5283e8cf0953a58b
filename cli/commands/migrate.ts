import { migrate } from '#prisma/migrate.ts';
import { loadConfig } from '#subgraphs/shared/config/config.ts';
import { prepareEngines } from '../prepare-engines.ts';
import { UsageError } from '../usage-error.ts';

/** Brings PostgreSQL, ClickHouse and the queue up to date. Repeating it changes nothing; after a crash it goes on. */
export async function migrateDatabase(): Promise<void> {
  // Asked first: without it this is somebody whose instance is embedded, and the server's settings would only puzzle them.
  if (!process.env['ADMIN_DATABASE_URL']?.trim())
    throw new UsageError(
      'Set ADMIN_DATABASE_URL to the PostgreSQL URL of the role that owns the tables. `npx oppulence dev` and `demo` migrate by themselves: this is for databases of your own.',
    );
  const config = loadConfig();
  const { applied } = await migrate(config.adminDatabaseUrl ?? '');
  await prepareEngines({
    CLICKHOUSE_URL: config.clickhouseUrl,
    CLICKHOUSE_DATABASE: config.clickhouseDatabase,
    QUEUE_DATABASE_URL: config.queueDatabaseUrl,
    QUEUE_NAMESPACE: config.queueNamespace,
    ...(config.redisUrl === null ? {} : { REDIS_URL: config.redisUrl }),
  });
  console.log(applied.length === 0 ? 'Nothing to do: the database is up to date.' : `Applied: ${applied.join(', ')}`);
}
