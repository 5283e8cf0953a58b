import { Redis } from 'ioredis';

/** How long something that only speeds work up may be waited for. */
const PATIENCE_MS = 1_000;

/** A connection that comes back by itself, for as long as it takes. Without a listener of errors its first outage would end the process. */
export function connectRedis(redisUrl: string, onError: (error: Error) => void): Redis {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
  redis.on('error', onError);
  return redis;
}

export class RedisAwayError extends Error {
  override readonly name = 'RedisAwayError';
  readonly code = 'ECONNREFUSED';

  constructor() {
    super('Redis does not answer');
  }
}

/**
 * What Redis is asked for is never worth a wait: the rows in PostgreSQL are the truth, and a request must not hang on a queue.
 * @throws {RedisAwayError} at once while there is no connection, and after a second when nothing comes back.
 */
export async function promptly<T>(redis: Pick<Redis, 'status'>, ask: () => Promise<T>): Promise<T> {
  // `connecting` is given its second: it is how every process starts.
  if (redis.status === 'reconnecting' || redis.status === 'close' || redis.status === 'end') throw new RedisAwayError();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new RedisAwayError());
    }, PATIENCE_MS);
  });
  const asked = ask();
  asked.catch(() => undefined); // It may fail after its second, unheard.
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
