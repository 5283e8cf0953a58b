import pg from 'pg';
import { connectRedis, promptly } from '../bus/redis.ts';
import type { QueueConnection } from '../bus/relay-bus.ts';

export interface QueueProbe {
  /** @throws when the engine behind queue and bus does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Asks the engine behind queue and bus whether it is there, over a connection of its own. */
export function createQueueProbe({ redisUrl, queueDatabaseUrl }: QueueConnection): QueueProbe {
  if (redisUrl !== undefined) {
    const redis = connectRedis(redisUrl, () => undefined);
    return {
      check: async () => {
        await promptly(redis, () => redis.ping());
      },
      close: () => {
        redis.disconnect();
        return Promise.resolve();
      },
    };
  }
  const pool = new pg.Pool({ connectionString: queueDatabaseUrl, max: 1, connectionTimeoutMillis: 2_000 });
  pool.on('error', () => undefined);
  return {
    check: async () => {
      await pool.query('SELECT 1');
    },
    close: () => pool.end(),
  };
}
