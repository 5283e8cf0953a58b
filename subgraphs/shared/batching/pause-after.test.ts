import { expect, it } from '@jest/globals';
import { pauseAfter } from './pause-after.ts';

it.each([
  { tookMs: 1, pauseMs: 100 },
  { tookMs: 12, pauseMs: 240 },
  { tookMs: 5_000, pauseMs: 400 },
])('after what took $tookMs ms there is a pause of $pauseMs', ({ tookMs, pauseMs }) => {
  expect(pauseAfter(tookMs, { times: 20, least: 100, most: 400 })).toBe(pauseMs);
});
