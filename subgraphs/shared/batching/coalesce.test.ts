import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { coalesce } from './coalesce.ts';

/** A server that answers when it is let, and remembers what it was asked. */
function gated(): { asked: number[][]; run: (items: readonly number[]) => Promise<number[]>; open: () => void } {
  const asked: number[][] = [];
  const held: (() => void)[] = [];
  return {
    asked,
    run: async (items) => {
      asked.push([...items]);
      await new Promise<void>((resolve) => held.push(resolve));
      return items.map((item) => item * 10);
    },
    open: () => {
      for (const let1 of held.splice(0)) let1();
    },
  };
}

const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('calls that are put together', () => {
  it('go at once while there is room, and share one call while there is none', async () => {
    const server = gated();
    const ask = coalesce(server.run, { concurrency: 1 });
    const answers = Promise.all([1, 2, 3, 4].map(ask));
    expect(server.asked).toEqual([[1]]);
    server.open();
    await aTurn();
    expect(server.asked).toEqual([[1], [2, 3, 4]]);
    server.open();
    expect(await answers).toEqual([10, 20, 30, 40]);
  });

  it('stay within the count and the weight of a batch, and one that is too heavy goes alone', async () => {
    const server = gated();
    const ask = coalesce(server.run, { concurrency: 1, most: 3, weight: { of: (item) => item, most: 10 } });
    const answers = Promise.all([1, 2, 3, 4, 99, 1, 1, 1, 1].map(ask));
    for (let turn = 0; turn < 8; turn += 1) {
      server.open();
      await aTurn();
    }
    expect(server.asked).toEqual([[1], [2, 3, 4], [99], [1, 1, 1], [1]]);
    await answers;
  });

  it('fail alone: a batch that fails is run again item by item', async () => {
    const run = (items: readonly number[]): Promise<number[]> =>
      items.includes(3) ? Promise.reject(new Error('three')) : Promise.resolve([...items]);
    const ask = coalesce(run, { concurrency: 1 });
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(ask));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('all fail at once when each would fail the same way', async () => {
    const asked: number[] = [];
    const run = (items: readonly number[]): Promise<number[]> => {
      asked.push(items.length);
      return Promise.reject(new Error('away'));
    };
    const ask = coalesce(run, { concurrency: 1, oneBad: () => false });
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(ask));
    expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
    expect(asked).toEqual([1, 3]);
  });

  it('are each answered with their own value, whatever comes when', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ item: fc.integer(), after: fc.integer({ min: 0, max: 3 }) }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 5 }),
        async (calls, concurrency, most) => {
          let [under, peak] = [0, 0];
          const ask = coalesce(
            async (items: readonly number[]) => {
              peak = Math.max(peak, (under += 1));
              expect(items.length).toBeLessThanOrEqual(most);
              await aTurn();
              under -= 1;
              return items.map((item) => -item);
            },
            { concurrency, most },
          );
          const answers = await Promise.all(
            calls.map(async ({ item, after }) => {
              for (let turn = 0; turn < after; turn += 1) await aTurn();
              return ask(item);
            }),
          );
          expect(answers).toEqual(calls.map(({ item }) => -item));
          expect(peak).toBeLessThanOrEqual(concurrency);
        },
      ),
      { numRuns: 50 },
    );
  });
});
