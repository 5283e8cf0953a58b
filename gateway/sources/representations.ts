import type { GraphQLFormattedError } from 'graphql';

import type { Fetch, FetchResult } from './source.ts';

/**
 * Asks for each entity once, however often a list names it, and hands the answer to every place that it is for. `@apollo/gateway` asks
 * as often as it is named: a hundred invoices of ten customers are a hundred representations.
 */
export async function onceEach(fetch: Fetch, send: (fetch: Fetch) => Promise<FetchResult>): Promise<FetchResult> {
  const { representations } = fetch.variables;
  if (!Array.isArray(representations) || representations.length < 2) return send(fetch);
  const asked: unknown[] = [];
  const known = new Map<string, number>();
  const places = (representations as readonly Readonly<Record<string, unknown>>[]).map((representation) => {
    const key = keyOf(representation);
    const index = known.get(key) ?? asked.push(representation) - 1;
    known.set(key, index);
    return index;
  });
  if (asked.length === representations.length) return send(fetch);
  return handedOut(await send({ ...fetch, variables: { ...fetch.variables, representations: asked } }), places);
}

/** Of its fields in their order, each with its length, so that no two texts run into each other. JSON of the whole takes twice as long. */
function keyOf(representation: Readonly<Record<string, unknown>>): string {
  let key = '';
  for (const name of Object.keys(representation)) {
    const value = representation[name];
    const text = typeof value === 'string' ? `"${value}` : JSON.stringify(value ?? null);
    key += `${name}:${String(text.length)}:${text}`;
  }
  return key;
}

/** `places` holds, for each representation of the plan, which of the answer's entities is for it. */
function handedOut(result: FetchResult, places: readonly number[]): FetchResult {
  const { data, errors } = result;
  const entities = data?.['_entities'];
  return {
    ...result,
    ...(Array.isArray(entities) ? { data: { ...data, _entities: spread(entities, places) } } : {}),
    ...(errors === undefined ? {} : { errors: errors.flatMap((error) => atEveryPlace(error, places)) }),
  };
}

function spread(entities: readonly unknown[], places: readonly number[]): unknown[] {
  const given = new Set<number>();
  return places.map((index) => {
    const entity = entities[index] ?? null;
    if (given.has(index)) return copyOf(entity);
    given.add(index);
    return entity;
  });
}

/** Each place gets an object of its own: the gateway merges further answers into it. */
function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  const copy: Record<string, unknown> = { ...value };
  for (const name of Object.keys(copy)) {
    if (typeof copy[name] === 'object') copy[name] = copyOf(copy[name]);
  }
  return copy;
}

function atEveryPlace(error: GraphQLFormattedError, places: readonly number[]): GraphQLFormattedError[] {
  const [root, index, ...rest] = error.path ?? [];
  if (root !== '_entities' || typeof index !== 'number') return [error];
  return places.flatMap((asked, place) => (asked === index ? [{ ...error, path: [root, place, ...rest] }] : []));
}
