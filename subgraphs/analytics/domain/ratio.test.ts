import { expect, it } from '@jest/globals';
import { ratioText } from './ratio.ts';

it.each([
  { part: 0n, whole: 0n, text: null },
  { part: 0n, whole: 7n, text: '0.0000' },
  { part: 7n, whole: 7n, text: '1.0000' },
  { part: 1n, whole: 3n, text: '0.3333' },
  { part: 2n, whole: 3n, text: '0.6667' },
  { part: 1n, whole: 20_000n, text: '0.0000' },
  { part: 3n, whole: 20_000n, text: '0.0002' },
  { part: 12n, whole: 8n, text: '1.5000' },
  { part: 10n ** 30n + 1n, whole: 3n * 10n ** 30n, text: '0.3333' },
])('the share $part of $whole is written $text', ({ part, whole, text }) => {
  expect(ratioText(part, whole)).toBe(text);
});
