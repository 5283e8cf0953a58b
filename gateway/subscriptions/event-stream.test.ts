import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { EventStream } from './event-stream.ts';

import type { EventStreamOptions } from './event-stream.ts';

class Final extends Error {}

/** A log that pushes: a reader gets all that is there, at once or as it comes, and may break at any point. */
interface Log {
  readonly opened: readonly (string | null)[];
  readonly readers: ReadonlySet<{ broken: boolean }>;
  publish(count: number): void;
  breakAll(): void;
  readonly open: (after: string | null) => Promise<AsyncIterator<unknown>>;
}

function createLog(): Log {
  const events: number[] = [];
  const wakes = new Set<() => void>();
  const readers = new Set<{ broken: boolean }>();
  const opened: (string | null)[] = [];
  const log: Log = {
    opened,
    readers,
    publish: (count: number) => {
      for (let index = 0; index < count; index += 1) events.push(events.length + 1);
      wakes.forEach((wake) => wake());
    },
    breakAll: () => {
      readers.forEach((reader) => (reader.broken = true));
      wakes.forEach((wake) => wake());
    },
    open: async (after: string | null): Promise<AsyncIterator<unknown>> => {
      opened.push(after);
      const reader = { broken: false };
      readers.add(reader);
      let position = after === null ? events.length : Number(after);
      return Promise.resolve({
        next: async () => {
          for (;;) {
            if (reader.broken) throw new Error('connection lost');
            if (!readers.has(reader)) return { done: true, value: undefined };
            if (position < events.length) return { done: false, value: events[position++] };
            await new Promise<void>((wake) => wakes.add(wake));
          }
        },
        return: async () => {
          readers.delete(reader);
          wakes.forEach((wake) => wake());
          return Promise.resolve({ done: true as const, value: undefined });
        },
      });
    },
  };
  return log;
}

function streamOf(
  log: Log,
  overrides: Partial<EventStreamOptions<unknown, unknown>> = {},
): EventStream<unknown, unknown> {
  return new EventStream<unknown, unknown>({
    open: log.open,
    deliver: async (event) => Promise.resolve({ result: event, cursor: String(event) }),
    resumable: true,
    after: '0',
    bufferedEvents: 4,
    reopenTries: 8,
    isFinal: (error) => error instanceof Final,
    lost: (cursor) => new Error(`lost at ${String(cursor)}`),
    onTrouble: () => undefined,
    pause: async () => Promise.resolve(),
    onClose: () => undefined,
    ...overrides,
  });
}

const oneTurn = async (): Promise<void> => new Promise((next) => setImmediate(next));

describe('a slow client', () => {
  it('gets every event once and in order, whatever bursts and breaks come between its reads', async () => {
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('publish' as const), count: fc.integer({ min: 1, max: 30 }) }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('read' as const), count: fc.integer({ min: 1, max: 10 }) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('break' as const), count: fc.constant(0) }) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25 }),
        fc.integer({ min: 1, max: 8 }),
        async (steps, bufferedEvents) => {
          const log = createLog();
          const stream = streamOf(log, { bufferedEvents });
          await stream.start();
          let published = 0;
          const got: unknown[] = [];
          const read = async (count: number): Promise<void> => {
            for (let left = Math.min(count, published - got.length); left > 0; left -= 1)
              got.push((await stream.next()).value);
          };
          for (const { kind, count } of steps) {
            if (kind === 'publish') {
              log.publish(count);
              published += count;
            } else if (kind === 'break') log.breakAll();
            else await read(count);
            await oneTurn();
          }
          await read(Infinity);
          await stream.return();
          expect(got).toEqual(Array.from({ length: published }, (_, index) => index + 1));
          // A broken reader is gone by itself; one that was overtaken or left must have been closed.
          expect([...log.readers].filter((reader) => !reader.broken)).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('holds no more than the buffer: the source is closed and taken up after the last event that was delivered', async () => {
    const log = createLog();
    const stream = streamOf(log);
    await stream.start();
    log.publish(50);
    await oneTurn();
    expect(log.readers.size).toBe(0);
    for (let index = 1; index <= 5; index += 1) expect((await stream.next()).value).toBe(index);
    expect(log.opened.slice(0, 2)).toEqual(['0', '4']);
    await stream.return();
  });

  it('holds no more than the buffer of a source without cursors, which then waits', async () => {
    const log = createLog();
    const stream = streamOf(log, { resumable: false });
    await stream.start();
    log.publish(50);
    await oneTurn();
    const got: unknown[] = [];
    for (let index = 0; index < 50; index += 1) got.push((await stream.next()).value);
    expect(got).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(log.opened).toEqual(['0']);
    await stream.return();
  });
});

describe('a source that breaks', () => {
  it('is tried again a bounded number of times, with pauses, and then the client learns its cursor', async () => {
    const log = createLog();
    const pauses: number[] = [];
    let down = false;
    const stream = streamOf(log, {
      open: async (after) => (down ? Promise.reject(new Error('refused')) : log.open(after)),
      pause: async (attempt) => Promise.resolve(void pauses.push(attempt)),
    });
    await stream.start();
    log.publish(2);
    await stream.next();
    await stream.next();
    down = true;
    log.breakAll();
    await expect(stream.next()).rejects.toThrow('lost at 2');
    expect(pauses).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('is not tried again when its answer is final', async () => {
    const log = createLog();
    let expired = false;
    const stream = streamOf(log, {
      open: async (after) => (expired ? Promise.reject(new Final('cursor expired')) : log.open(after)),
    });
    await stream.start();
    log.publish(1);
    await stream.next();
    expired = true;
    log.breakAll();
    await expect(stream.next()).rejects.toThrow('cursor expired');
  });

  it('still hands over what was read before it broke', async () => {
    const log = createLog();
    const stream = streamOf(log, { resumable: false });
    await stream.start();
    log.publish(2);
    await oneTurn();
    log.breakAll();
    expect((await stream.next()).value).toBe(1);
    expect((await stream.next()).value).toBe(2);
    await expect(stream.next()).rejects.toThrow('lost at 2');
  });

  it('whose events carry no cursor does not go round for ever', async () => {
    const log = createLog();
    const stream = streamOf(log, { deliver: async (event) => Promise.resolve({ result: event, cursor: null }) });
    await stream.start();
    log.publish(500);
    await oneTurn();
    const readAll = async (): Promise<void> => {
      while ((await stream.next()).done !== true);
    };
    await expect(readAll()).rejects.toThrow('lost at 0');
  });
});

describe('closing', () => {
  it('does not wait for a source that is asleep, and is told once', async () => {
    let closed = 0;
    const log = createLog();
    const stream = streamOf(log, { onClose: () => (closed += 1) });
    await stream.start();
    const pending = stream.next();
    await stream.return();
    await stream.return();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(closed).toBe(1);
    expect(log.readers.size).toBe(0);
  });

  it('while the source is being opened closes what was opened', async () => {
    const log = createLog();
    const stream = streamOf(log);
    const starting = stream.start();
    await stream.return();
    await starting;
    expect(log.readers.size).toBe(0);
  });
});
