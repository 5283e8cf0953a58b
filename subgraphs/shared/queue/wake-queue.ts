import { Queue, Worker, createPostgresBackend } from 'bullmq';
import type { Pause } from '../batching/pause-after.ts';
import type { QueueConnection } from '../bus/relay-bus.ts';
import type { Wake } from '../db/use-case-context.ts';
import type { Lane } from '../jobs/lane.ts';
import type { Logger } from '../logging/logger.ts';
import { backendOf, isLong, SHORT_LANES } from './backend.ts';
import { spaced } from './spaced.ts';

/** Between two wake-ups of one lane of one workspace: each costs the queue half a dozen statements, and one does for all that came meanwhile. */
const BETWEEN_WAKES: Pause = { times: 20, least: 100, most: 400 };

export interface WakeUp {
  readonly workspaceId: string;
  readonly detail?: string;
}

/** Creates the queue's tables. Safe to repeat. Redis needs none. */
export async function migrateQueue(connection: QueueConnection): Promise<void> {
  if (connection.redisUrl !== undefined) return;
  const queue = new Queue(
    SHORT_LANES,
    {
      connection: { connectionString: connection.queueDatabaseUrl, max: 2, migrate: true },
      prefix: connection.namespace,
    },
    createPostgresBackend as never,
  );
  queue.on('error', () => undefined);
  await queue.waitUntilReady();
  await queue.close();
}

export interface WakeQueue {
  readonly wake: Wake;
  close(): Promise<void>;
}

/**
 * Sends wake-ups: one pending per lane and workspace, however many ask. One that comes while its lane works is kept and runs after it, so
 * that no row falls between.
 */
export function createWakeQueue(connection: QueueConnection, log: Logger, origin = 'work'): WakeQueue {
  const backend = backendOf(connection, (error) => {
    log.warn({ err: error }, 'queue connection');
  });
  const queues = new Map<string, Queue<WakeUp>>();
  const queueOf = (lane: string): Queue<WakeUp> => {
    const name = backend.queueOf(lane);
    const known = queues.get(name);
    if (known) return known;
    const queue = new Queue<WakeUp>(
      name,
      { ...backend.options, defaultJobOptions: { removeOnComplete: true, removeOnFail: true } },
      backend.factory,
    );
    queue.on('error', backend.onError);
    queues.set(name, queue);
    return queue;
  };
  backend.always.forEach(queueOf);
  const calls = spaced(BETWEEN_WAKES, (error) => {
    log.warn({ err: error }, 'could not wake a lane; the sweeper will');
  });
  return {
    wake: (lane, workspaceId, detail) => {
      const id = [lane, workspaceId, detail ?? '', origin].join('/');
      return calls.ask(id, async () => {
        await backend.promptly(() =>
          queueOf(lane).add(lane, detail === undefined ? { workspaceId } : { workspaceId, detail }, {
            deduplication: { id, keepLastIfActive: true },
          }),
        );
      });
    },
    close: async () => {
      await calls.close();
      await backend.close([...queues.values()]);
    },
  };
}

export interface LaneWorker {
  close(): Promise<void>;
}

/** Jobs of one lane in one process. They wait for a provider, or for other work, most of the time. */
const LONG_AT_ONCE = 4;

/** Serves wake-ups: drains the lane that is named. A lane that throws is looked at again by the sweeper. */
export function startLaneWorker(
  connection: QueueConnection,
  lanes: readonly Lane[],
  log: Logger,
  concurrency = 8,
): LaneWorker {
  const backend = backendOf(connection, (error) => {
    log.warn({ err: error }, 'queue worker');
  });
  const byName = new Map(lanes.map((lane) => [lane.name, lane]));
  const queueOf = ({ name }: Lane): string => backend.queueOf(name);
  const long = new Set(lanes.filter(({ name }) => isLong(name)).map(queueOf));
  const short = new Set(lanes.filter(({ name }) => !isLong(name)).map(queueOf));
  const workers = [...short, ...long].map((name) => {
    const worker = new Worker<WakeUp>(
      name,
      async (job) => {
        const lane = byName.get(job.name);
        if (lane) await serve(lane, job.data, log);
      },
      {
        ...backend.options,
        // However many lanes there are, they share one pool of database connections.
        concurrency: long.has(name) ? LONG_AT_ONCE : Math.max(2, Math.ceil(concurrency / short.size)),
        // A worker that was killed holds its lanes only this long; what the rows say is due is swept under another id meanwhile.
        lockDuration: 10_000,
        stalledInterval: 5_000,
        maxStalledCount: 1_000,
        // Its default of 15 s would be slept through after each outage.
        runRetryDelay: 1_000,
      },
      backend.factory,
    );
    worker.on('error', backend.onError);
    return worker;
  });
  return { close: () => backend.close(workers) };
}

async function serve(lane: Lane, { workspaceId, detail }: WakeUp, log: Logger): Promise<void> {
  try {
    await lane.drain(workspaceId, detail);
  } catch (error) {
    log.warn({ err: error, lane: lane.name, workspaceId }, 'lane broke off; the sweeper will come back to it');
  }
}
