import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Json } from '../json/json.ts';
import { silentLogger } from '../logging/logger.ts';
import { createHarness, type Harness } from '../testing/harness.ts';
import type { EventConsumer } from './consume.ts';
import { defineEvent } from './define.ts';
import { type Dispatcher, numberBatch, startDispatcher, streamTopic } from './dispatcher.ts';

const payload = z.object({ n: z.number() });
const wanted = defineEvent({ type: 'test.thing.wanted', version: 1, subject: 'Thing', payload });
const unwanted = defineEvent({ type: 'test.thing.unwanted', version: 1, subject: 'Thing', payload });
const handler = { handle: () => Promise.resolve() };
const consumers: EventConsumer[] = [
  { name: 'one', handlers: { 'test.thing.wanted': handler } },
  { name: 'both', handlers: { 'test.thing.wanted': handler, 'test.thing.unwanted': handler } },
];

/** The session lock of the one that leads. */
const DISPATCHER_LOCK = 0x4f505055;

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

const noWake = (): Promise<void> => Promise.resolve();

/** Publishes a wanted and an unwanted event in one transaction. */
async function publish(workspaceId: string, n: number): Promise<void> {
  await harness.context(workspaceId).transaction(async (tx) => {
    for (const event of [wanted, unwanted])
      await tx.publish(event({ subjectId: `thing_${String(n)}`, payload: { n } }));
  });
}

interface Numbered {
  seq: string;
  position: string;
  event: string;
}

async function streamOf(workspaceId: string): Promise<Numbered[]> {
  const { rows } = await harness.admin.query<Numbered>(
    `SELECT seq, position, type || ' ' || (payload->>'n') AS event FROM kernel.stream s JOIN kernel.event e ON e.workspace_id = s.workspace_id AND e.id = s.event_id
     WHERE s.workspace_id = $1 ORDER BY position`,
    [workspaceId],
  );
  return rows;
}

const names = (ns: readonly number[]): string[] =>
  ns.flatMap((n) => [`test.thing.wanted ${String(n)}`, `test.thing.unwanted ${String(n)}`]);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain: ${what}`);
    await pause(20);
  }
}

describe('numbering', () => {
  it('gives each workspace its own numbers from 1, in the order its events were published, and all one order', async () => {
    const [a, b] = [await harness.newWorkspace(), await harness.newWorkspace()];
    const deps = {
      system: harness.system,
      consumers,
      bus: harness.bus,
      wake: noWake,
      wall: harness.wall,
      log: silentLogger,
    };
    for (const n of upTo(6)) await publish(n % 3 === 0 ? b : a, n);
    expect(await numberBatch(harness.system.pool, deps)).toBe(12);
    await publish(a, 6);
    expect(await numberBatch(harness.system.pool, deps)).toBe(2);
    expect(await numberBatch(harness.system.pool, deps)).toBe(0);
    const [ofA, ofB] = [await streamOf(a), await streamOf(b)];
    expect(ofA.map(({ event }) => event)).toEqual(names([1, 2, 4, 5, 6]));
    expect(ofA.map(({ seq }) => Number(seq))).toEqual(upTo(10).map((i) => i + 1));
    expect(ofB.map(({ event }) => event)).toEqual(names([0, 3]));
    expect(ofB.map(({ seq }) => Number(seq))).toEqual([1, 2, 3, 4]);
    const positions = [...ofA, ...ofB].map(({ position }) => Number(position)).sort((x, y) => x - y);
    expect(positions).toEqual(upTo(14).map((i) => i + 1));
  });

  it('notes an event for those who subscribe to its type, and for nobody else', async () => {
    const workspaceId = await harness.newWorkspace();
    const deps = {
      system: harness.system,
      consumers,
      bus: harness.bus,
      wake: noWake,
      wall: harness.wall,
      log: silentLogger,
    };
    await publish(workspaceId, 1);
    await numberBatch(harness.system.pool, deps);
    const { rows } = await harness.admin.query(
      `SELECT consumer, c.seq::int, type, c.subject_id AS subject, state FROM kernel.consumption c JOIN kernel.event e ON e.workspace_id = c.workspace_id AND e.id = c.event_id
       WHERE c.workspace_id = $1 ORDER BY 1, 2`,
      [workspaceId],
    );
    expect(rows).toEqual([
      { consumer: 'both', seq: 1, type: 'test.thing.wanted', subject: 'thing_1', state: 'PENDING' },
      { consumer: 'both', seq: 2, type: 'test.thing.unwanted', subject: 'thing_1', state: 'PENDING' },
      { consumer: 'one', seq: 1, type: 'test.thing.wanted', subject: 'thing_1', state: 'PENDING' },
    ]);
  });

  it('tells consumers, readers and the shipper, and is done also when none of them can be told', async () => {
    const workspaceId = await harness.newWorkspace();
    const told: string[] = [];
    const heard: Json[] = [];
    const leave = await harness.bus.subscribe(streamTopic(workspaceId), (message) => heard.push(message));
    const wake = (lane: string, where: string): Promise<void> => {
      told.push(`${lane} ${where}`);
      return Promise.reject(new Error('the queue is away'));
    };
    await publish(workspaceId, 1);
    const deps = { system: harness.system, consumers, bus: harness.bus, wake, wall: harness.wall, log: silentLogger };
    expect(await numberBatch(harness.system.pool, deps)).toBe(2);
    await leave();
    expect({ told, heard }).toEqual({ told: [`consume ${workspaceId}`, 'ship all'], heard: [{ seq: '2' }] });
    expect(await streamOf(workspaceId)).toHaveLength(2);
  });

  it('tells no consumer of what none of them wants', async () => {
    const workspaceId = await harness.newWorkspace();
    const told: string[] = [];
    const wake = (lane: string, where: string): Promise<void> => Promise.resolve(void told.push(`${lane} ${where}`));
    await publish(workspaceId, 1);
    const deps = { system: harness.system, bus: harness.bus, wake, wall: harness.wall, log: silentLogger };
    await numberBatch(harness.system.pool, { ...deps, consumers: [] });
    expect(told).toEqual(['ship all']);
  });
});

describe('a dispatcher', () => {
  it('keeps quiet while another holds the lock, and leads once it is free', async () => {
    const workspaceId = await harness.newWorkspace();
    const { system, bus, wall } = harness;
    const other = await system.dedicated();
    await other.query('SELECT pg_advisory_lock($1)', [DISPATCHER_LOCK]);
    const dispatcher = startDispatcher({ system, bus, wall, consumers, wake: noWake, log: silentLogger, pollMs: 10 });
    await publish(workspaceId, 1);
    // Time for it to ask for the lock several times.
    await pause(200);
    expect(await streamOf(workspaceId)).toEqual([]);
    await other.end();
    await until('it is numbered', async () => (await streamOf(workspaceId)).length === 2);
    await dispatcher.close();
  });
});

describe('of two dispatchers', () => {
  let dispatchers: Dispatcher[] = [];
  beforeAll(() => {
    const { system, bus, wall } = harness;
    dispatchers = [1, 2].map(() =>
      startDispatcher({ system, bus, wall, consumers, wake: noWake, log: silentLogger, pollMs: 50 }),
    );
  });
  afterAll(async () => {
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.close()));
  });

  /** The backend that holds the dispatcher's lock in this test's database. */
  async function leader(): Promise<number | undefined> {
    const { rows } = await harness.admin.query<{ pid: number }>(
      `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = ${String(DISPATCHER_LOCK)}
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    return rows[0]?.pid;
  }

  it('one leads, and when its connection is cut while events flow the next goes on without a gap or a repeat', async () => {
    const workspaces = await Promise.all([harness.newWorkspace(), harness.newWorkspace()]);
    const rounds = upTo(60);
    await until('there is a leader', async () => (await leader()) !== undefined);
    const leaders = new Set<number>();
    const flowing = (async (): Promise<void> => {
      for (const n of rounds) {
        await Promise.all(workspaces.map((workspaceId) => publish(workspaceId, n)));
        await pause(5);
      }
    })();
    for (let cut = 0; cut < 3; cut += 1) {
      await pause(60);
      await until('somebody leads again', async () => {
        const pid = await leader();
        if (pid === undefined || leaders.has(pid)) return false;
        leaders.add(pid);
        await harness.admin.query('SELECT pg_terminate_backend($1)', [pid]);
        return true;
      });
    }
    await flowing;
    await until('everything is numbered', async () => {
      const { rowCount } = await harness.admin.query('SELECT FROM kernel.event_outbox');
      return rowCount === 0;
    });
    expect(leaders.size).toBe(3);
    for (const workspaceId of workspaces) {
      const stream = await streamOf(workspaceId);
      expect(stream.map(({ event }) => event)).toEqual(names(rounds));
      expect(stream.map(({ seq }) => Number(seq))).toEqual(stream.map((_row, i) => i + 1));
      const { rows } = await harness.admin.query(
        'SELECT consumer, count(*)::int, count(DISTINCT event_id)::int AS events FROM kernel.consumption WHERE workspace_id = $1 GROUP BY 1 ORDER BY 1',
        [workspaceId],
      );
      expect(rows).toEqual([
        { consumer: 'both', count: 120, events: 120 },
        { consumer: 'one', count: 60, events: 60 },
      ]);
    }
    const { rows } = await harness.admin.query<{ positions: string; newest: string }>(
      'SELECT count(DISTINCT position) AS positions, max(position) AS newest FROM kernel.stream',
    );
    expect(rows[0]?.positions).toBe(rows[0]?.newest);
  });

  it('the one that is left leads when the other is closed, and numbers what comes then', async () => {
    const workspaceId = await harness.newWorkspace();
    await dispatchers[0]?.close();
    await publish(workspaceId, 1);
    await until('it is numbered', async () => (await streamOf(workspaceId)).length === 2);
    await dispatchers[1]?.close();
    expect(await leader()).toBeUndefined();
  });
});
