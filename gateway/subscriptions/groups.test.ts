import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { EventStream } from './event-stream.ts';
import { Groups } from './groups.ts';

import type { RequestScope } from '../request-scope.ts';
import type { Delivery, EventSource } from './event-stream.ts';
import type { Wanted } from './groups.ts';

const oneTurn = async (): Promise<void> => new Promise((next) => setImmediate(next));

/** A log in memory whose readers can be broken; each reader may give some events at once and others a turn later. */
class Log {
  readonly #wakes = new Set<() => void>();
  readonly #readers = new Set<{ broken: boolean }>();
  events = 0;
  opened = 0;
  carriedOut: number[] = [];

  get readers(): number {
    return this.#readers.size;
  }

  publish(count: number): void {
    this.events += count;
    this.#wakeAll();
  }

  breakAll(): void {
    for (const reader of this.#readers) reader.broken = true;
    this.#wakeAll();
  }

  wanted(key: string, live = true): Wanted<number> {
    return {
      key,
      live,
      upstream: {
        open: async (after) => Promise.resolve(this.#open(after)),
        deliver: async (event) => {
          this.carriedOut.push(event as number);
          if ((event as number) % 3 === 0) await oneTurn();
          return { result: event as number, cursor: String(event) };
        },
      },
    };
  }

  #open(after: string | null): AsyncIterator<number> {
    this.opened += 1;
    const reader = { broken: false };
    this.#readers.add(reader);
    let position = after === null ? this.events : Number(after);
    return {
      next: async () => {
        for (;;) {
          if (reader.broken) {
            this.#readers.delete(reader);
            throw new Error('connection lost');
          }
          if (!this.#readers.has(reader)) return { done: true, value: undefined };
          if (position < this.events) {
            position += 1;
            if (position % 4 === 0) await oneTurn();
            return { done: false, value: position };
          }
          await new Promise<void>((wake) => this.#wakes.add(wake));
        }
      },
      return: async () => {
        this.#readers.delete(reader);
        this.#wakeAll();
        return Promise.resolve({ done: true as const, value: undefined });
      },
    };
  }

  #wakeAll(): void {
    const wakes = [...this.#wakes];
    this.#wakes.clear();
    for (const wake of wakes) wake();
  }
}

const scope = (): RequestScope => ({}) as RequestScope;
const member = { scope, belongs: () => true };

interface Client {
  readonly stream: EventStream<Delivery<number>, number>;
  readonly got: number[];
  readonly from: number;
  readonly resumed: boolean;
  belongs: boolean;
  /** How many it takes; a slow one takes none for a while. */
  allowed: number;
}

/** What a client of the gateway is: a stream, paced by its reader, whose source is a seat in the group of the present generation. */
function clientOf(
  log: Log,
  generation: () => Groups<number>,
  key: string,
  after: number | null,
  buffered: number,
): Client {
  const client: Client = {
    got: [],
    from: after ?? log.events,
    resumed: after !== null,
    belongs: true,
    allowed: Infinity,
    stream: new EventStream<Delivery<number>, number>({
      open: async (cursor): Promise<EventSource<Delivery<number>>> => {
        client.belongs = true;
        return generation().join(log.wanted(key), cursor, { scope, belongs: () => client.belongs });
      },
      deliver: async (delivery) => Promise.resolve(delivery),
      resumable: true,
      after: after === null ? null : String(after),
      bufferedEvents: buffered,
      reopenTries: 8,
      isFinal: () => false,
      lost: (cursor) => new Error(`lost at ${String(cursor)}`),
      onTrouble: () => undefined,
      pause: oneTurn,
      onClose: () => undefined,
    }),
  };
  return client;
}

async function read(client: Client): Promise<void> {
  for (;;) {
    while (client.got.length >= client.allowed) await oneTurn();
    const step = await client.stream.next();
    if (step.done === true) return;
    client.got.push(step.value);
  }
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 60; turn += 1) await oneTurn();
};

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('publish' as const), count: fc.integer({ min: 1, max: 60 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('join' as const),
      count: fc.integer({ min: 0, max: 200 }),
      fromNow: fc.boolean(),
      key: fc.constantFrom('a', 'a', 'b'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('leave', 'stop', 'go', 'move'), count: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('break', 'swap'), count: fc.constant(0) }) },
);

describe('subscribers who ask the same', () => {
  it('each get every event after their place once and in order, whoever joins, leaves, lags or changes, and whatever breaks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 12 }), async (steps, buffered) => {
        const log = new Log();
        let groups = new Groups<number>();
        const all: Client[] = [];
        const present = new Set<Client>();
        const reading: Promise<void>[] = [];
        const join = async (key: string, after: number | null): Promise<void> => {
          const client = clientOf(log, () => groups, key, after, buffered);
          await client.stream.start();
          all.push(client);
          present.add(client);
          reading.push(read(client));
        };
        for (const { kind, count, ...how } of steps) {
          const one = [...present][count % Math.max(1, present.size)];
          if (kind === 'publish') log.publish(count);
          else if (kind === 'join' && 'key' in how) await join(how.key, how.fromNow ? null : count % (log.events + 1));
          else if (kind === 'break') {
            // A stream that breaks before its first event is lost by contract.
            log.publish(1);
            await settle();
            if ([...present].every(({ got, resumed }) => got.length > 0 || resumed)) log.breakAll();
          } else if (kind === 'swap') {
            const before = groups;
            groups = new Groups<number>();
            before.retire();
          } else if (one !== undefined && kind === 'leave') {
            present.delete(one);
            await one.stream.return();
          } else if (one !== undefined && kind === 'stop') one.allowed = one.got.length;
          else if (one !== undefined && kind === 'go') one.allowed = Infinity;
          else if (one !== undefined && kind === 'move' && one.got.length > 0) one.belongs = false;
          if (count % 2 === 0) await oneTurn();
        }
        log.publish(1);
        for (const client of all) client.allowed = Infinity;
        for (let turn = 0; turn < 3_000; turn += 1) {
          if ([...present].every(({ got }) => got.at(-1) === log.events)) break;
          await oneTurn();
        }
        for (const client of all) {
          const first = client.got[0] ?? client.from + 1;
          expect(client.got).toEqual(client.got.map((_, index) => first + index));
          if (present.has(client)) expect(client.got.at(-1)).toBe(log.events);
          // "Now" is where the group is: what it has not taken up yet is to come for all of them.
          if (client.resumed) expect(first).toBe(client.from + 1);
          else expect(first).toBeLessThanOrEqual(client.from + 1);
        }
        // Whoever they were, those who stand at the end stand together.
        log.publish(1);
        await settle();
        const keys = new Set([...present].length === 0 ? [] : ['a', 'b']);
        expect(log.readers).toBeLessThanOrEqual(keys.size);
        for (const client of present) await client.stream.return();
        await Promise.all(reading);
        expect(log.readers).toBe(0);
        expect(groups.open).toBe(0);
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('cost one source and one execution for each event', async () => {
    const log = new Log();
    const groups = new Groups<number>();
    const seats = await Promise.all(
      Array.from({ length: 1_000 }, async () => groups.join(log.wanted('a'), null, member)),
    );
    log.publish(5);
    const got = await Promise.all(
      seats.map(async (seat) => {
        const events: number[] = [];
        for (let taken = 0; taken < 5; taken += 1) {
          const next = await seat.next();
          if (next.done !== true) events.push(next.value.result);
        }
        return events;
      }),
    );
    expect(new Set(got.map(String))).toEqual(new Set(['1,2,3,4,5']));
    expect({ opened: log.opened, carriedOut: log.carriedOut }).toEqual({ opened: 1, carriedOut: [1, 2, 3, 4, 5] });
    await Promise.all(seats.map(async (seat) => seat.return?.()));
    expect(log.readers).toBe(0);
  });

  it('end together with their source', async () => {
    const groups = new Groups<number>();
    const wanted: Wanted<number> = {
      key: 'a',
      live: true,
      upstream: {
        open: async () =>
          Promise.resolve(
            (async function* (): AsyncGenerator<number> {
              yield await Promise.resolve(1);
            })(),
          ),
        deliver: async (event) => Promise.resolve({ result: event as number, cursor: String(event) }),
      },
    };
    const seats = await Promise.all([1, 2].map(async () => groups.join(wanted, null, member)));
    for (const seat of seats) {
      expect(await seat.next()).toEqual({ done: false, value: { result: 1, cursor: '1' } });
      expect((await seat.next()).done).toBe(true);
    }
    expect(groups.open).toBe(0);
  });

  it('are all refused when their source is, and may try again', async () => {
    const groups = new Groups<number>();
    let refuses = true;
    const log = new Log();
    const wanted: Wanted<number> = {
      ...log.wanted('a'),
      upstream: {
        ...log.wanted('a').upstream,
        open: async (after, as) =>
          refuses ? Promise.reject(new Error('not allowed')) : log.wanted('a').upstream.open(after, as),
      },
    };
    const joined = await Promise.allSettled([1, 2].map(async () => groups.join(wanted, null, member)));
    expect(joined.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(groups.open).toBe(0);
    refuses = false;
    const seat = await groups.join(wanted, null, member);
    expect(groups.open).toBe(1);
    await seat.return?.();
  });
});
