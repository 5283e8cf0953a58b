import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { onceEach } from './representations.ts';
import type { Fetch, FetchResult } from './source.ts';

type Representation = Readonly<Record<string, unknown>>;

const representation = fc.oneof(
  fc.record({ __typename: fc.constantFrom('Customer', 'Invoice'), id: fc.constantFrom('1', '2', '"2', ':', '1:1') }),
  fc.record({ __typename: fc.constant('Customer'), key: fc.record({ at: fc.constantFrom(null, 1, '1') }) }),
);
const fetchOf = (representations: readonly Representation[]): Fetch => ({
  query: 'query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }',
  variables: { representations, other: 1 },
  operationName: undefined,
});

/** A subgraph that answers each entity with what it was asked for, nested, and fails some. */
async function subgraph({ variables }: Fetch): Promise<FetchResult> {
  const representations = variables['representations'] as readonly Representation[];
  const errors = representations.flatMap((asked, index) =>
    asked['id'] === ':' ? [{ message: JSON.stringify(asked), path: ['_entities', index, 'name'] }] : [],
  );
  return Promise.resolve({
    data: { _entities: representations.map((asked) => ({ asked, list: [{ asked }], ['__proto__']: { asked } })) },
    ...(errors.length > 0 ? { errors } : {}),
  });
}

it('answers as if each place had been asked for, and asks for each entity once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(representation, { maxLength: 12 }), async (representations) => {
      const fetch = fetchOf(representations);
      const sent: Representation[] = [];
      const { data, errors = [] } = await onceEach(fetch, async (distinct) => {
        sent.push(...(distinct.variables['representations'] as readonly Representation[]));
        expect(distinct).toMatchObject({ query: fetch.query, variables: { other: 1 } });
        return subgraph(distinct);
      });
      const asked = await subgraph(fetch);
      expect(data).toEqual(asked.data);
      expect(errors).toHaveLength(asked.errors?.length ?? 0);
      expect(errors).toEqual(expect.arrayContaining([...(asked.errors ?? [])]));
      expect(sent.map((one) => JSON.stringify(one))).toEqual([
        ...new Set(representations.map((one) => JSON.stringify(one))),
      ]);
    }),
  );
});

it('gives each place an object of its own, all the way down', async () => {
  const twice = [1, 2].map(() => ({ __typename: 'Customer', id: '1' }));
  const { data } = await onceEach(fetchOf(twice), subgraph);
  const [first, second] = data?.['_entities'] as { list: unknown[] }[];
  expect(second).toEqual(first);
  expect(second).not.toBe(first);
  expect(second?.list[0]).not.toBe(first?.list[0]);
});

it('keeps an entity that is not there, at each of its places', async () => {
  const twice = [1, 2].map(() => ({ __typename: 'Customer', id: '1' }));
  const { data } = await onceEach(fetchOf(twice), async () => Promise.resolve({ data: { _entities: [null] } }));
  expect(data).toEqual({ _entities: [null, null] });
});
