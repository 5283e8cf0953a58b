import { Relay, createPostgresRelayBackend } from 'bullmq';
import type { Json } from '../json/json.ts';
import type { Logger } from '../logging/logger.ts';
import type { Bus } from './bus.ts';
import { connectRedis, promptly } from './redis.ts';

export interface QueueConnection {
  /** PostgreSQL as queue and bus: the embedded default. Ignored when `redisUrl` is set. */
  readonly queueDatabaseUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
  /** Keeps deployments (and tests) that share one server apart. Letters, digits and `_`. */
  readonly namespace: string;
}

type OnMessage = (message: Json) => void;

interface Topic {
  readonly listeners: Set<OnMessage>;
  joined: Promise<{ unsubscribe(): Promise<void> }>;
}

const NOT_YET: Topic['joined'] = new Promise(() => undefined);
const REJOIN_MS = 1_000;
/** Redis that was started again has forgotten its listeners; it is told at the next of these. */
const HEARTBEAT_MS = 3_000;

/** The relay, and how something is asked of it without hanging on an engine that is away. */
interface Wire {
  readonly relay: Relay;
  /** Whether a process goes on without it: what it says is told by polling too. */
  readonly mayBeAway: boolean;
  promptly<T>(ask: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** One topic of the relay however many listen to it here: five hundred sockets of a workspace cost one subscription. */
export async function createRelayBus(connection: QueueConnection, log?: Pick<Logger, 'warn'>): Promise<Bus> {
  const wire =
    connection.redisUrl === undefined
      ? await postgresWire(connection)
      : redisWire(connection.redisUrl, connection.namespace, log);
  const { relay } = wire;
  const topics = new Map<string, Topic>();

  /** A topic that can't be joined now (its engine is away, or has forgotten us) is joined as soon as that works. */
  const join = (name: string, topic: Topic): Promise<{ unsubscribe(): Promise<void> }> => {
    const joined = relay.subscribe<Json>(name, ({ data }) => {
      for (const listener of topic.listeners) listener(data);
    });
    joined.catch(() => {
      setTimeout(() => {
        if (topics.get(name) === topic) topic.joined = join(name, topic);
      }, REJOIN_MS).unref();
    });
    return joined;
  };

  return {
    publish: async (topic, message) => {
      await wire.promptly(() => relay.publish(topic, message));
    },
    subscribe: async (name, onMessage) => {
      let topic = topics.get(name);
      if (!topic) {
        topic = { listeners: new Set(), joined: NOT_YET };
        topics.set(name, topic);
        topic.joined = join(name, topic);
      }
      const { listeners, joined } = topic;
      listeners.add(onMessage);
      // Until it is joined its readers poll, as they always do.
      await wire
        .promptly(() => joined)
        .catch((error: unknown) => {
          if (!wire.mayBeAway) {
            listeners.delete(onMessage);
            throw error;
          }
          log?.warn({ err: error }, 'a topic is not joined yet');
        });
      return async () => {
        if (!listeners.delete(onMessage) || listeners.size > 0 || topics.get(name)?.listeners !== listeners) return;
        topics.delete(name);
        const left = wire.promptly(async () => (await topic.joined).unsubscribe());
        await (wire.mayBeAway ? left.catch(() => undefined) : left);
      };
    },
    close: () => wire.close(),
  };
}

async function postgresWire({ queueDatabaseUrl, namespace }: QueueConnection): Promise<Wire> {
  if (queueDatabaseUrl === undefined) throw new Error('A bus needs REDIS_URL or a queue database');
  const relay = new Relay({
    connection: { connectionString: queueDatabaseUrl, max: 3 },
    namespace,
    backend: createPostgresRelayBackend,
  } as never);
  relay.on('error', () => undefined); // it reconnects by itself; readers poll meanwhile
  await relay.waitUntilReady();
  return { relay, mayBeAway: false, promptly: (ask) => ask(), close: () => relay.close() };
}

/** Not waited for: a process starts, and says that it is not ready, while Redis is away. */
function redisWire(redisUrl: string, namespace: string, log?: Pick<Logger, 'warn'>): Wire {
  const redis = connectRedis(redisUrl, (error) => log?.warn({ err: error }, 'the bus has no connection to Redis'));
  const relay = new Relay({ connection: redis as never, namespace, heartbeatInterval: HEARTBEAT_MS });
  relay.on('error', () => undefined); // told above
  return {
    relay,
    mayBeAway: true,
    promptly: (ask) => promptly(redis, ask),
    close: async () => {
      await promptly(redis, () => relay.close()).catch(() => undefined);
      redis.disconnect();
    },
  };
}
