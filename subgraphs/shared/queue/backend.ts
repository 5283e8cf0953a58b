import { createPostgresBackend } from 'bullmq';
import { connectRedis, promptly } from '../bus/redis.ts';
import { JOB_QUEUES } from '../jobs/define.ts';
import type { QueueConnection } from '../bus/relay-bus.ts';

/** On PostgreSQL, where every worker serves every lane, this queue carries all of them but those of jobs. */
export const SHORT_LANES = 'wakeups';

const OF_JOBS: ReadonlySet<string> = new Set(JOB_QUEUES);
/** The drains of these lanes take long and mostly wait: they have places of their own, so that they never hold those of other work. */
export const isLong = (lane: string): boolean => OF_JOBS.has(lane);
const queueOfItsOwn = (lane: string): string => `${SHORT_LANES}-${lane}`;

/** The engine behind BullMQ's classes, and where the two engines differ. */
export interface Backend {
  readonly options: { readonly connection: never; readonly prefix: string };
  readonly factory: never;
  /** Queues that are opened from the start. */
  readonly always: readonly string[];
  /** Which queue carries a lane's wake-ups. */
  queueOf(lane: string): string;
  readonly onError: (error: Error) => void;
  /** Rejects soon instead of waiting for an engine that is away. */
  promptly<T>(ask: () => Promise<T>): Promise<T>;
  /** Ends these queues or workers, each after what it is doing, and then the connection. */
  close(users: readonly { close(): Promise<void> }[]): Promise<void>;
}

/** Redis when it is named, else PostgreSQL: the same classes, told apart by the backend factory alone. */
export function backendOf(connection: QueueConnection, onError: (error: Error) => void): Backend {
  return connection.redisUrl === undefined
    ? onPostgres(connection, onError)
    : onRedis(connection.redisUrl, connection.namespace, onError);
}

function onPostgres({ queueDatabaseUrl, namespace }: QueueConnection, onError: (error: Error) => void): Backend {
  return {
    options: { connection: { connectionString: queueDatabaseUrl, max: 5 } as never, prefix: namespace },
    factory: createPostgresBackend as never,
    always: [SHORT_LANES],
    queueOf: (lane) => (isLong(lane) ? queueOfItsOwn(lane) : SHORT_LANES),
    onError,
    promptly: (ask) => ask(),
    close: async (users) => {
      for (const user of users) await user.close();
    },
  };
}

/** A queue for each lane, so that a process can serve some of them: a wake-up must not end in a worker that knows no such lane. */
function onRedis(redisUrl: string, namespace: string, onError: (error: Error) => void): Backend {
  const redis = connectRedis(redisUrl, onError);
  redis.setMaxListeners(0); // every queue and worker of the process listens to it
  return {
    options: { connection: redis as never, prefix: namespace },
    factory: undefined as never,
    always: [],
    queueOf: queueOfItsOwn,
    onError,
    promptly: (ask) => promptly(redis, ask),
    close: async (users) => {
      await Promise.all(users.map((user) => closed(user, redis)));
      redis.disconnect();
    },
  };
}

/** While Redis is away a goodbye to it would never end. */
async function closed(
  user: { close(force?: boolean): Promise<void> },
  redis: { readonly status: string },
): Promise<void> {
  if (redis.status === 'ready') await user.close();
  else await Promise.race([user.close(true), new Promise((resolve) => setTimeout(resolve, 500))]);
}
