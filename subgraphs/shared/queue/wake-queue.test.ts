import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { QueueConnection } from '../bus/relay-bus.ts';
import { createRelayBus } from '../bus/relay-bus.ts';
import type { Lane } from '../jobs/lane.ts';
import type { Json } from '../json/json.ts';
import { silentLogger } from '../logging/logger.ts';
import { createEmptyDatabase } from '../testing/databases.ts';
import { createWakeQueue, migrateQueue, startLaneWorker } from './wake-queue.ts';

let queueDatabase: Awaited<ReturnType<typeof createEmptyDatabase>>;
let connection: QueueConnection;
beforeAll(async () => {
  queueDatabase = await createEmptyDatabase();
  connection = { namespace: 'test', queueDatabaseUrl: queueDatabase.url };
  await migrateQueue(connection);
});
afterAll(async () => {
  await queueDatabase.drop();
});

/** A lane that takes a while, as lanes do, and sees what lies in `rows` when it looks. */
const slowLane = (rows: Set<number>): Lane & { drains: number } => ({
  name: 'slow',
  drains: 0,
  async drain() {
    this.drains += 1;
    for (const row of [...rows]) rows.delete(row);
    await pause(15);
  },
  due: () => Promise.resolve([]),
});

describe('wake-ups', () => {
  it('are coalesced, and none that comes while its lane works is lost', async () => {
    const rows = new Set<number>();
    const lane = slowLane(rows);
    const worker = startLaneWorker(connection, [lane], silentLogger);
    const queue = createWakeQueue(connection, silentLogger);
    for (let row = 0; row < 60; row += 1) {
      rows.add(row);
      await queue.wake('slow', 'ws_a');
    }
    for (let waited = 0; rows.size > 0 && waited < 5_000; waited += 20) await pause(20);
    expect(rows.size).toBe(0);
    expect(lane.drains).toBeLessThan(60);
    await worker.close();
    await queue.close();
  });

  it('of one lane that throws leave the others working', async () => {
    const seen: string[] = [];
    const lanes: Lane[] = [
      { name: 'bad', drain: () => Promise.reject(new Error('broken')), due: () => Promise.resolve([]) },
      {
        name: 'good',
        drain: (workspaceId, detail) => Promise.resolve(void seen.push(`${workspaceId} ${detail ?? ''}`)),
        due: () => Promise.resolve([]),
      },
    ];
    const worker = startLaneWorker(connection, lanes, silentLogger);
    const queue = createWakeQueue(connection, silentLogger);
    await queue.wake('bad', 'ws_a');
    await queue.wake('good', 'ws_a', 'job_1');
    for (let waited = 0; seen.length === 0 && waited < 5_000; waited += 20) await pause(20);
    expect(seen).toEqual(['ws_a job_1']);
    await worker.close();
    await queue.close();
  });
});

describe('jobs that wait for other work', () => {
  it('hold no place that this work needs, however many they are', async () => {
    const [finished, begun] = [new Set<string>(), { journeys: 0 }];
    const short = (name: string): Lane => ({
      name,
      drain: (workspaceId) => Promise.resolve(void finished.add(`${name} ${workspaceId}`)),
      due: () => Promise.resolve([]),
    });
    const clocks: Lane = {
      name: 'clocks',
      drain: async (workspaceId) => {
        begun.journeys += 1;
        while (!finished.has(`jobs ${workspaceId}`) || !finished.has(`inbox ${workspaceId}`)) await pause(5);
        finished.add(`clocks ${workspaceId}`);
      },
      due: () => Promise.resolve([]),
    };
    const worker = startLaneWorker(connection, [clocks, short('jobs'), short('inbox')], silentLogger);
    const queue = createWakeQueue(connection, silentLogger);
    const workspaces = Array.from({ length: 20 }, (_, at) => `ws_${String(at)}`);
    for (const id of workspaces) await queue.wake('clocks', id);
    for (let waited = 0; begun.journeys < 4 && waited < 5_000; waited += 10) await pause(10);
    for (const id of workspaces) await Promise.all([queue.wake('jobs', id), queue.wake('inbox', id)]);
    for (let waited = 0; finished.size < 60 && waited < 10_000; waited += 10) await pause(10);
    expect(finished.size).toBe(60);
    await worker.close();
    await queue.close();
  }, 30_000);
});

describe('the bus', () => {
  it('carries a message to every subscriber of its topic in other processes, and to nobody who left', async () => {
    const [one, two] = [await createRelayBus(connection), await createRelayBus(connection)];
    const heard: Record<string, Json[]> = { first: [], second: [], elsewhere: [] };
    const leave = await two.subscribe('stream.ws_a', (message) => heard['first']?.push(message));
    await two.subscribe('stream.ws_a', (message) => heard['second']?.push(message));
    await two.subscribe('stream.ws_b', (message) => heard['elsewhere']?.push(message));
    await one.publish('stream.ws_a', { seq: '1' });
    for (let waited = 0; heard['second']?.length !== 1 && waited < 5_000; waited += 10) await pause(10);
    await leave();
    await one.publish('stream.ws_a', { seq: '2' });
    for (let waited = 0; heard['second']?.length !== 2 && waited < 5_000; waited += 10) await pause(10);
    expect(heard).toEqual({ first: [{ seq: '1' }], second: [{ seq: '1' }, { seq: '2' }], elsewhere: [] });
    await one.close();
    await two.close();
  });
});
