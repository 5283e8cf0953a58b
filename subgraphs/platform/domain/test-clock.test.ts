import { describe, expect, it } from '@jest/globals';
import { nextStop, refusalToAdvance } from './test-clock.ts';

const at = (text: string): Date => new Date(text);
const now = at('2026-03-01T00:00:00Z');

describe('a test clock', () => {
  it.each([
    { to: '2026-02-28T23:59:59.999Z', refusal: 'IN_THE_PAST' },
    { to: '2026-03-01T00:00:00Z', refusal: null },
    { to: '2028-03-01T00:00:00Z', refusal: null },
    { to: '2028-03-01T00:00:00.001Z', refusal: 'TOO_FAR' },
  ])('asked to move to $to answers $refusal', ({ to, refusal }) => {
    expect(refusalToAdvance(now, at(to))).toBe(refusal);
  });

  it.each([
    { case: 'goes straight to the target when nothing is due', due: [null, null], stop: '2026-03-10T00:00:00Z' },
    {
      case: 'stops at the earlier of two due instants',
      due: ['2026-03-05T00:00:00Z', '2026-03-03T00:00:00Z'],
      stop: '2026-03-03T00:00:00Z',
    },
    { case: 'does not pass the target', due: ['2026-04-01T00:00:00Z', null], stop: '2026-03-10T00:00:00Z' },
    {
      case: 'does not stand still for what is overdue',
      due: ['2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
      stop: '2026-03-10T00:00:00Z',
    },
  ])('$case', ({ due, stop }) => {
    const dueAt = due.map((text) => (text === null ? null : at(text)));
    expect(nextStop(now, at('2026-03-10T00:00:00Z'), dueAt)).toEqual(at(stop));
  });
});
