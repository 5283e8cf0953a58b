import type { GraphQLFormattedError } from 'graphql';

import type { Fetch, FetchResult } from './source.ts';

/**
 * Asks for each entity once, however often a list names it, and hands the answer to every place that it is for. `@apollo/gateway` asks
 * as often as it is named: a hundred invoices of ten customers are a hundred representations.
 */
export async function onceEach(fetch: Fetch, send: (fetch: Fetch) => Promise<FetchResult>): Promise<FetchResult> {
  const { representations } = fetch.variables;
  if (!Array.isArray(representations) || representations.length < 2) return send(fetch);
  const distinct = new Map<string, { readonly representation: unknown; readonly places: number[] }>();
  for (const [place, representation] of (representations as readonly unknown[]).entries()) {
    const key = JSON.stringify(representation);
    const known = distinct.get(key);
    if (known === undefined) distinct.set(key, { representation, places: [place] });
    else known.places.push(place);
  }
  if (distinct.size === representations.length) return send(fetch);
  const asked = [...distinct.values()];
  const result = await send({
    ...fetch,
    variables: { ...fetch.variables, representations: asked.map(({ representation }) => representation) },
  });
  return handedOut(
    result,
    asked.map(({ places }) => places),
    representations.length,
  );
}

/** `places[index]` are the places that the entity `index` of the answer is for. */
function handedOut(result: FetchResult, places: readonly (readonly number[])[], count: number): FetchResult {
  const { data, errors } = result;
  const entities = data?.['_entities'];
  return {
    ...result,
    ...(Array.isArray(entities) ? { data: { ...data, _entities: spread(entities, places, count) } } : {}),
    ...(errors === undefined ? {} : { errors: errors.flatMap((error) => atEveryPlace(error, places)) }),
  };
}

function spread(entities: readonly unknown[], places: readonly (readonly number[])[], count: number): unknown[] {
  const all: unknown[] = Array.from({ length: count }, () => null);
  for (const [index, entity] of entities.entries()) {
    for (const [nth, place] of (places[index] ?? []).entries()) all[place] = nth === 0 ? entity : copyOf(entity);
  }
  return all;
}

/** Each place gets an object of its own: the gateway merges further answers into it. */
function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, copyOf(field)]));
}

function atEveryPlace(error: GraphQLFormattedError, places: readonly (readonly number[])[]): GraphQLFormattedError[] {
  const [root, index, ...rest] = error.path ?? [];
  if (root !== '_entities' || typeof index !== 'number') return [error];
  return (places[index] ?? []).map((place) => ({ ...error, path: [root, place, ...rest] }));
}
