import { expect, it } from '@jest/globals';
import { previousAttributes, stateBefore } from './previous-attributes.ts';

it.each([
  { what: 'a changed field with its old value', before: { a: 1, b: 2 }, after: { a: 3, b: 2 }, previous: { a: 1 } },
  {
    what: 'only the changed part of a nested object',
    before: { s: { x: 1, y: 2 } },
    after: { s: { x: 9, y: 2 } },
    previous: { s: { x: 1 } },
  },
  {
    what: 'null for a key that was not there',
    before: { metadata: {} },
    after: { metadata: { k: 'v' } },
    previous: { metadata: { k: null } },
  },
  {
    what: 'the old value of a key that is gone',
    before: { metadata: { k: 'v' } },
    after: { metadata: {} },
    previous: { metadata: { k: 'v' } },
  },
  { what: 'arrays as a whole', before: { l: [1, 2] }, after: { l: [1, 3] }, previous: { l: [1, 2] } },
  { what: 'nothing when nothing changed', before: { a: { b: [1] } }, after: { a: { b: [1] } }, previous: {} },
])('tells $what', ({ before, after, previous }) => {
  expect(previousAttributes(before, after)).toEqual(previous);
  expect(previousAttributes(stateBefore(after, previous), after)).toEqual(previous);
});
