import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Engine, startRedis } from '#cli/testing/engines.ts';
import { eventually } from '#cli/testing/stack.ts';
import { createRelayBus, type QueueConnection } from '#subgraphs/shared/bus/relay-bus.ts';
import type { Lane } from '#subgraphs/shared/jobs/lane.ts';
import type { Json } from '#subgraphs/shared/json/json.ts';
import { silentLogger } from '#subgraphs/shared/logging/logger.ts';
import { createQueueProbe } from '#subgraphs/shared/queue/probe.ts';
import { createWakeQueue, startLaneWorker } from '#subgraphs/shared/queue/wake-queue.ts';

let redis: Engine;
let connection: QueueConnection;
beforeAll(async () => {
  redis = await startRedis();
  connection = { namespace: 'one', redisUrl: redis.url };
});
afterAll(async () => {
  await redis.stop();
});

const lane = (name: string, drained: string[]): Lane => ({
  name,
  drain: (workspaceId) => Promise.resolve(void drained.push(`${name} ${workspaceId}`)),
  due: () => Promise.resolve([]),
});

/** @returns what `ask` came to, and whether that was known soon: a wake-up is given a second, and a loaded machine some more. */
async function soon(ask: () => Promise<unknown>): Promise<string> {
  const startedAt = performance.now();
  const outcome = await ask().then(
    () => 'done',
    (error: unknown) => (error as Error).name,
  );
  return performance.now() - startedAt < 5_000 ? outcome : `${outcome}, late`;
}

describe('wake-ups on Redis', () => {
  it('reach the worker that serves their lane, and only in their own namespace', async () => {
    const [events, effects, elsewhere]: string[][] = [[], [], []];
    const workers = [
      startLaneWorker(connection, [lane('inbox', events ?? []), lane('consume', events ?? [])], silentLogger),
      startLaneWorker(connection, [lane('effects', effects ?? [])], silentLogger),
      startLaneWorker({ ...connection, namespace: 'other' }, [lane('inbox', elsewhere ?? [])], silentLogger),
    ];
    const queue = createWakeQueue(connection, silentLogger);
    for (let at = 0; at < 10; at += 1)
      for (const name of ['inbox', 'consume', 'effects']) await queue.wake(name, `ws_${String(at)}`);
    await eventually('all', () => Promise.resolve((events?.length ?? 0) + (effects?.length ?? 0) >= 30));
    expect(new Set(events?.map((each) => each.split(' ')[0]))).toEqual(new Set(['inbox', 'consume']));
    expect([events?.length, effects?.length, elsewhere?.length]).toEqual([20, 10, 0]);
    await Promise.all([...workers.map((worker) => worker.close()), queue.close()]);
  });

  it('fail soon while it is away, and come through again when it is back, empty', async () => {
    const drained: string[] = [];
    const worker = startLaneWorker(connection, [lane('inbox', drained)], silentLogger);
    const queue = createWakeQueue(connection, silentLogger);
    const probe = createQueueProbe(connection);
    await queue.wake('inbox', 'ws_before');
    await eventually('before', () => Promise.resolve(drained.includes('inbox ws_before')));
    await redis.stop();
    expect(await soon(() => queue.wake('inbox', 'ws_away'))).toBe('RedisAwayError');
    expect(await soon(() => probe.check())).toBe('RedisAwayError');
    await redis.start();
    await eventually('a wake-up is taken', async () => (await soon(() => queue.wake('inbox', 'ws_after'))) === 'done');
    await eventually('after', () => Promise.resolve(drained.includes('inbox ws_after')));
    // Each connection finds its own way back, after a pause of its own.
    await eventually('the probe', async () => (await soon(() => probe.check())) === 'done');
    await Promise.all([worker.close(), queue.close(), probe.close()]);
  }, 40_000);

  it('keep no process from starting or ending while it is away', async () => {
    await redis.stop();
    const queue = createWakeQueue(connection, silentLogger);
    const worker = startLaneWorker(connection, [lane('inbox', [])], silentLogger);
    const bus = await createRelayBus(connection);
    expect(await soon(() => queue.wake('inbox', 'ws_a'))).toBe('RedisAwayError');
    expect(await soon(() => bus.publish('stream.ws_a', {}))).toBe('RedisAwayError');
    expect(await soon(() => Promise.all([queue.close(), worker.close(), bus.close()]))).toBe('done');
    await redis.start();
  }, 40_000);
});

describe('the bus on Redis', () => {
  it('carries messages between processes, and again after it was away, to whoever listened and whoever came meanwhile', async () => {
    const [one, two] = [await createRelayBus(connection), await createRelayBus(connection)];
    const heard: string[] = [];
    const listen = (name: string) => (message: Json) => void heard.push(`${name} ${JSON.stringify(message)}`);
    await two.subscribe('stream.ws_a', listen('first'));
    await one.publish('stream.ws_a', 1);
    await eventually('the first', () => Promise.resolve(heard.includes('first 1')));
    await redis.stop();
    const leave = await two.subscribe('stream.ws_b', listen('meanwhile'));
    await redis.start();
    await eventually(
      'both again',
      async () => {
        await soon(() => one.publish('stream.ws_a', 2));
        await soon(() => one.publish('stream.ws_b', 2));
        return heard.includes('first 2') && heard.includes('meanwhile 2');
      },
      40_000,
    );
    await leave();
    await Promise.all([one.close(), two.close()]);
  }, 60_000);
});
