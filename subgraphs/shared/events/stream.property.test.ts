import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { silentLogger } from '../logging/logger.ts';
import { createHarness, type Harness } from '../testing/harness.ts';
import { cursorOf } from './cursor.ts';
import { defineEvent } from './define.ts';
import { startDispatcher, type Dispatcher } from './dispatcher.ts';

const noted = defineEvent({
  type: 'test.note.made',
  version: 1,
  subject: 'Note',
  payload: z.object({ n: z.number() }),
});

let harness: Harness;
let dispatchers: Dispatcher[];
beforeAll(async () => {
  harness = await createHarness();
  const { system, bus, wall } = harness;
  // Two of them: the second must keep quiet while the first holds the lock.
  dispatchers = [1, 2].map(() =>
    startDispatcher({ system, bus, wall, consumers: [], wake: () => Promise.resolve(), log: silentLogger, pollMs: 50 }),
  );
});
afterAll(async () => {
  await Promise.all(dispatchers.map((dispatcher) => dispatcher.close()));
  await harness.close();
});

/** A writer takes its turn late, writes some events and then holds its transaction open before the commit. */
const writer = fc.record({
  startMs: fc.nat(40),
  holdMs: fc.nat(120),
  events: fc.integer({ min: 1, max: 4 }),
  fails: fc.boolean(),
});

describe('a reader of the stream', () => {
  it('sees every committed event exactly once, however slowly writers commit and however often it reconnects', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(writer, { minLength: 2, maxLength: 10 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
        async (writers, takes) => {
          const workspaceId = await harness.newWorkspace();
          let next = 0;
          const numbers = writers.map(({ events }) => Array.from({ length: events }, () => next++));
          const committed = writers.flatMap(({ fails }, i) => (fails ? [] : (numbers[i] ?? []))).sort((a, b) => a - b);
          const writing = Promise.allSettled(
            writers.map(async ({ startMs, holdMs, fails }, i) => {
              await pause(startMs);
              await harness.context(workspaceId).transaction(async (tx) => {
                for (const n of numbers[i] ?? []) await tx.publish(noted({ subjectId: 'note', payload: { n } }));
                await pause(holdMs);
                if (fails) throw new Error('rolled back');
              });
            }),
          );

          const seen: number[] = [];
          let after = cursorOf(workspaceId, 0n);
          for (let turn = 0; seen.length < committed.length; turn += 1) {
            // Each connection takes a few events and is cut; the next one goes on from the last cursor.
            const reader = harness.events.follow(workspaceId, {
              types: ['test.note.made'],
              after,
              signal: AbortSignal.timeout(5_000),
            });
            for (
              let taken = 0;
              taken < (takes[turn % takes.length] ?? 1) && seen.length < committed.length;
              taken += 1
            ) {
              const step = await reader.next();
              if (step.done === true)
                throw new Error(`The stream ended after ${String(seen.length)} of ${String(committed.length)} events`);
              seen.push((step.value.event.payload as { n: number }).n);
              after = step.value.cursor;
            }
            await reader.return?.();
          }
          await writing;
          expect([...seen].sort((a, b) => a - b)).toEqual(committed);
          for (const mine of numbers)
            expect(seen.filter((n) => mine.includes(n))).toEqual(mine.filter((n) => seen.includes(n)));
        },
      ),
      { numRuns: 12 },
    );
  }, 60_000);

  it('is refused with a cursor of another workspace, and one beyond what has happened', async () => {
    const [mine, other] = [await harness.newWorkspace(), await harness.newWorkspace()];
    for (const after of [cursorOf(other, 0n), cursorOf(mine, 99n), 'nonsense']) {
      await expect(harness.events.follow(mine, { types: ['test.note.made'], after }).next()).rejects.toMatchObject({
        code: 'INVALID_CURSOR',
      });
    }
  });

  it('is told when what it missed is older than seven days', async () => {
    const workspaceId = await harness.newWorkspace();
    await harness.context(workspaceId).transaction((tx) => tx.publish(noted({ subjectId: 'note', payload: { n: 1 } })));
    await expect(
      (async () => {
        for (;;) {
          const [row] = await harness.system.query<{ seq: string }>(
            'SELECT seq FROM kernel.stream_head WHERE workspace_id = $1',
            [workspaceId],
          );
          if (row) break;
          await pause(20);
        }
        harness.wall.advance({ days: 8 });
        return harness.events
          .follow(workspaceId, { types: ['test.note.made'], after: cursorOf(workspaceId, 0n) })
          .next();
      })(),
    ).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  });
});
