import { Kind, parse } from 'graphql';

import { refusal } from '../refusals.ts';

import type { GraphQLFormattedError, SelectionSetNode } from 'graphql';

import type { Refusal } from '../refusals.ts';
import type { Fetch, FetchResult } from './source.ts';

/**
 * What a fetch answers whose subgraph did not: an error for each entity or root field that it would have given, so that the client
 * finds each hole at its own path.
 */
export function away(fetch: Fetch, reason: Refusal): FetchResult {
  const { message, extensions } = refusal(reason);
  const errors = missing(fetch).map((path): GraphQLFormattedError => ({ message, extensions, path }));
  return { data: null, errors };
}

function missing({ query, variables, operationName }: Fetch): (string | number)[][] {
  const { representations } = variables;
  if (Array.isArray(representations)) return representations.map((_, index) => ['_entities', index]);
  const operations = parse(query, { noLocation: true }).definitions.filter(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  const operation = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
  return operation === undefined ? [] : [...new Set(responseNames(operation.selectionSet))].map((name) => [name]);
}

function responseNames(set: SelectionSetNode): string[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection.alias?.value ?? selection.name.value];
    return selection.kind === Kind.INLINE_FRAGMENT ? responseNames(selection.selectionSet) : [];
  });
}
