import path from 'node:path';
import { expect, it } from '@jest/globals';
import { isWorthCollecting } from '../at-rest.ts';
import { spawnChild } from '../children.ts';
import { until } from '../processes.ts';
import { restingChild, temporaryDataDir } from './fixtures/support.ts';

const MB = 1_024 * 1_024;

it.each([
  { worked: 0.02, heapMb: 120, leftMb: 0, worth: true, why: 'at rest for the first time' },
  { worked: 0.02, heapMb: 120, leftMb: 80, worth: true, why: 'at rest again, and grown meanwhile' },
  { worked: 0.02, heapMb: 120, leftMb: 118, worth: false, why: 'at rest, and still as the last collection left it' },
  { worked: 0.4, heapMb: 120, leftMb: 0, worth: false, why: 'at work' },
])('$why: $worth', ({ worked, heapMb, leftMb, worth }) => {
  expect(isWorthCollecting({ worked, heapBytes: heapMb * MB }, leftMb * MB)).toBe(worth);
});

it('gives back what its work took, with nobody asking anything of it', async () => {
  const data = temporaryDataDir();
  const child = await spawnChild({
    name: 'resting',
    module: restingChild,
    env: () => ({}),
    logFile: path.join(data.dir, 'logs', 'resting.log'),
  });
  const { port, heap } = child.ready as { port: number; heap: number };
  const heapNow = async (): Promise<number> => Number(await (await fetch(`http://127.0.0.1:${String(port)}`)).text());

  expect(await until(async () => (await heapNow()) < heap / 2, 20_000, 500)).toBe(true);
  await child.stop();
  await data.remove();
}, 40_000);
