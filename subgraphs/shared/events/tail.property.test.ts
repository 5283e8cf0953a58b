import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { Bus } from '../bus/bus.ts';
import type { Database } from '../db/prisma.ts';
import { silentLogger } from '../logging/logger.ts';
import { createHarness, type Harness } from '../testing/harness.ts';
import { cursorOf } from './cursor.ts';
import { defineEvent } from './define.ts';
import { startDispatcher, type Dispatcher } from './dispatcher.ts';
import { createEventLog, type EventLog, type LoggedEvent } from './log.ts';

const payload = z.object({ n: z.number() });
const EVENTS = {
  'test.note.made': defineEvent({ type: 'test.note.made', version: 1, subject: 'Note', payload }),
  'test.note.torn': defineEvent({ type: 'test.note.torn', version: 1, subject: 'Note', payload }),
};
type Type = keyof typeof EVENTS;
const TYPES = Object.keys(EVENTS) as Type[];
const LAST = -1;

let harness: Harness;
let dispatcher: Dispatcher;
beforeAll(async () => {
  harness = await createHarness();
  const { system, bus, wall } = harness;
  dispatcher = startDispatcher({
    system,
    bus,
    wall,
    consumers: [],
    wake: () => Promise.resolve(),
    log: silentLogger,
    pollMs: 50,
  });
});
afterAll(async () => {
  await dispatcher.close();
  await harness.close();
});

async function publish(workspaceId: string, type: Type, ...numbers: number[]): Promise<void> {
  await harness.context(workspaceId).transaction(async (tx) => {
    for (const n of numbers) await tx.publish(EVENTS[type]({ subjectId: 'note', payload: { n } }));
  });
}

async function numbered(workspaceId: string): Promise<{ seq: bigint; type: string; n: number }[]> {
  const rows = await harness.system.query<{ seq: string; type: string; payload: { n: number } }>(
    `SELECT s.seq, e.type, e.payload FROM kernel.stream s JOIN kernel.event e ON e.workspace_id = s.workspace_id AND e.id = s.event_id
     WHERE s.workspace_id = $1 ORDER BY s.seq`,
    [workspaceId],
  );
  return rows.map((row) => ({ seq: BigInt(row.seq), type: row.type, n: row.payload.n }));
}

const headOf = async (workspaceId: string): Promise<bigint> => (await numbered(workspaceId)).at(-1)?.seq ?? 0n;

/** Some messages are lost, some come late; the number of those that listen is looked at in the end. */
function badBus(fates: readonly ('told' | 'lost' | 'late')[]): Bus & { listeners: number } {
  let sent = 0;
  const bus: Bus & { listeners: number } = {
    ...harness.bus,
    listeners: 0,
    subscribe: async (topic, onMessage) => {
      bus.listeners += 1;
      const leave = await harness.bus.subscribe(topic, (message) => {
        const fate = fates[sent++ % fates.length];
        if (fate === 'told') onMessage(message);
        else if (fate === 'late') setTimeout(() => onMessage(message), 30);
      });
      return async () => {
        bus.listeners -= 1;
        await leave();
      };
    },
  };
  return bus;
}

const follower = fc.record({
  startMs: fc.nat(150),
  /** Where it begins: with the first event, with what happens next, or somewhere between. */
  from: fc.constantFrom('first' as const, 'now' as const, 'between' as const),
  types: fc.constantFrom(TYPES, TYPES.slice(0, 1), TYPES.slice(1)),
  /** How long it takes over each event, and after how many it leaves and comes back with its cursor. */
  lagMs: fc.constantFrom(0, 0, 0, 10),
  leavesAfter: fc.integer({ min: 1, max: 30 }),
});
type Follower = typeof follower extends fc.Arbitrary<infer F> ? F : never;

async function follow(
  log: EventLog,
  workspaceId: string,
  how: Follower,
): Promise<{ from: bigint; seen: LoggedEvent[] }> {
  await pause(how.startMs);
  const head = await headOf(workspaceId);
  const from = how.from === 'first' ? 0n : how.from === 'now' ? head : head / 2n;
  let after = how.from === 'now' ? null : cursorOf(workspaceId, from);
  const seen: LoggedEvent[] = [];
  for (;;) {
    const reader = log.follow(workspaceId, { types: how.types, after, signal: AbortSignal.timeout(15_000) });
    for (let taken = 0; taken < how.leavesAfter; taken += 1) {
      const step = await reader.next();
      if (step.done === true) throw new Error(`Ended after ${String(seen.length)} events`);
      seen.push(step.value);
      after = step.value.cursor;
      if ((step.value.event.payload as { n: number }).n === LAST) {
        await reader.return?.();
        return { from, seen };
      }
      if (how.lagMs > 0) await pause(how.lagMs);
    }
    await reader.return?.();
  }
}

describe('followers of one workspace', () => {
  it('each see exactly what follows their cursor, in order, whoever joins, lags or leaves, and whatever is late or lost', async () => {
    const writer = fc.record({
      startMs: fc.nat(150),
      holdMs: fc.nat(80),
      events: fc.integer({ min: 1, max: 12 }),
      type: fc.constantFrom(...TYPES),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(writer, { minLength: 1, maxLength: 8 }),
        fc.array(follower, { minLength: 1, maxLength: 8 }),
        fc.array(fc.constantFrom('told' as const, 'told' as const, 'lost' as const, 'late' as const), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 5 }),
        async (writers, followers, fates, kept, pageSize) => {
          const workspaceId = await harness.newWorkspace();
          const bus = badBus(fates);
          const log = createEventLog({ ...harness, bus, pollMs: 40, kept, pageSize });
          const following = Promise.all(followers.map(async (how) => follow(log, workspaceId, how)));
          await Promise.all(
            writers.map(async ({ startMs, holdMs, events, type }) => {
              await pause(startMs);
              await harness.context(workspaceId).transaction(async (tx) => {
                for (let n = 0; n < events; n += 1)
                  await tx.publish(EVENTS[type]({ subjectId: 'note', payload: { n } }));
                await pause(holdMs);
              });
            }),
          );
          await pause(250);
          for (const type of TYPES) await publish(workspaceId, type, LAST);
          const results = await following;

          const all = await numbered(workspaceId);
          for (const [index, { from, seen }] of results.entries()) {
            const how = followers[index];
            const wanted = all.filter(({ type, seq }) => how?.types.some((one) => one === type) === true && seq > from);
            const until = wanted.findIndex(({ n }) => n === LAST);
            const expected = wanted.slice(0, until + 1).map(({ seq }) => seq);
            const got = seen.map(({ seq }) => seq);
            // "Now" is some moment after the call: what came between the look at the head and that moment may be left out.
            expect(how?.from === 'now' ? got : expected).toEqual(
              how?.from === 'now' ? expected.slice(-got.length) : got,
            );
          }
          expect(bus.listeners).toBe(0);
        },
      ),
      { numRuns: 15 },
    );
  }, 90_000);

  it('cost as many statements as one follower', async () => {
    const statements = new Map<number, number>();
    for (const count of [1, 500]) {
      const workspaceId = await harness.newWorkspace();
      const { database, executed } = counted(harness.database);
      const log = createEventLog({ ...harness, database, pollMs: 60_000 });
      let seen = 0;
      const readers = Array.from({ length: count }, () => log.follow(workspaceId, { types: TYPES }));
      const reading = readers.map(async (reader) => {
        for (let taken = 0; taken < 100; taken += 1) {
          await reader.next();
          seen += 1;
        }
      });
      while (executed() === 0) await pause(5);
      await pause(50);
      const before = executed();
      // One batch each, so that each is told on its own.
      for (let n = 0; n < 100; n += 1) {
        await publish(workspaceId, 'test.note.made', n);
        while (seen < count * (n + 1)) await pause(2);
      }
      await Promise.all(reading);
      statements.set(count, executed() - before);
      await Promise.all(readers.map(async (reader) => reader.return?.()));
    }
    // One for each advance; when told of one that was just read, none.
    expect(statements.get(1)).toBeLessThanOrEqual(110);
    expect(statements.get(500)).toBeLessThanOrEqual(110);
  }, 60_000);

  it('all hear of it when the log can not be read, and those who come again are served', async () => {
    const workspaceId = await harness.newWorkspace();
    let away = false;
    const { database } = counted(harness.database, () => away);
    const log = createEventLog({ ...harness, database, pollMs: 20 });
    const [one, two] = [log.follow(workspaceId, { types: TYPES }), log.follow(workspaceId, { types: TYPES })];
    const waiting = Promise.allSettled([one.next(), two.next()]);
    await pause(60);
    away = true;
    await publish(workspaceId, 'test.note.made', 0);
    expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    away = false;
    const again = log.follow(workspaceId, { types: TYPES, after: cursorOf(workspaceId, 0n) });
    expect((await again.next()).value).toMatchObject({ event: { payload: { n: 0 } } });
    await again.return?.();
  });

  it('see events of a type that nobody followed when they happened', async () => {
    const workspaceId = await harness.newWorkspace();
    const log = createEventLog({ ...harness, pollMs: 60_000 });
    const made = log.follow(workspaceId, { types: TYPES.slice(0, 1) });
    const first = made.next();
    await pause(50);
    await publish(workspaceId, 'test.note.torn', 1);
    await publish(workspaceId, 'test.note.made', 2);
    expect((await first).value).toMatchObject({ event: { payload: { n: 2 } } });
    const torn = log.follow(workspaceId, { types: TYPES.slice(1), after: cursorOf(workspaceId, 0n) });
    expect((await torn.next()).value).toMatchObject({ event: { payload: { n: 1 } } });
    const next = torn.next();
    await publish(workspaceId, 'test.note.torn', 3);
    expect((await next).value).toMatchObject({ event: { payload: { n: 3 } } });
    await Promise.all([made.return?.(), torn.return?.()]);
  });

  it('who waits for an event leaves at once', async () => {
    const workspaceId = await harness.newWorkspace();
    const bus = badBus(['told']);
    const log = createEventLog({ ...harness, bus, pollMs: 60_000 });
    const [staying, leaving] = [log.follow(workspaceId, { types: TYPES }), log.follow(workspaceId, { types: TYPES })];
    const [next, end] = [staying.next(), leaving.next()];
    await pause(50);
    await leaving.return?.();
    expect((await end).done).toBe(true);
    await publish(workspaceId, 'test.note.torn', 7);
    expect((await next).value).toMatchObject({ event: { payload: { n: 7 } } });
    expect(bus.listeners).toBe(1);
    await staying.return?.();
    expect(bus.listeners).toBe(0);
  });
});

/** The real database, its statements of the log counted, or failing as when it is away. */
function counted(
  real: Database,
  isAway: () => boolean = () => false,
): { readonly database: Database; readonly executed: () => number } {
  let statements = 0;
  const query: Database['query'] = async (...args) => {
    statements += 1;
    if (isAway()) throw new Error('connection refused');
    return real.query(...args);
  };
  return { database: { ...real, query }, executed: () => statements };
}
