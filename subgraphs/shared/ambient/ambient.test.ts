import { expect, it } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { createAmbient } from './ambient.ts';

const colour = createAmbient<string>('colour');
const size = createAmbient<number>('size');
const seen = (): [string | undefined, number | undefined] => [colour.get(), size.get()];

it('is found by all that runs inside, and by nothing beside or afterwards', async () => {
  const inside = await colour.run('red', async () => {
    await setImmediate();
    return seen();
  });
  expect(inside).toEqual(['red', undefined]);
  expect(seen()).toEqual([undefined, undefined]);
});

it('stands beside others, and gives way to itself further in', async () => {
  await colour.run('red', () =>
    size.run(1, async () => {
      const inner = colour.run('blue', async () => {
        await setImmediate();
        return seen();
      });
      expect(seen()).toEqual(['red', 1]);
      expect(await inner).toEqual(['blue', 1]);
      expect(seen()).toEqual(['red', 1]);
    }),
  );
});

it('keeps two that bear the same name apart', () => {
  const other = createAmbient<string>('colour');
  colour.run('red', () => expect(other.get()).toBeUndefined());
});
