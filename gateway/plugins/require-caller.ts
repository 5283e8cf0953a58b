import { Kind, OperationTypeNode } from 'graphql';

import { anonymousRefusal, isAnonymous } from '../authentication.ts';
import { refusal } from '../refusals.ts';

import type { OperationCheck } from './refuse-operation.ts';
import type { FragmentDefinitionNode, OperationDefinitionNode, SelectionSetNode } from 'graphql';

/** Who came without a key may read the schema (where that is switched on) and nothing else. */
export const requireCaller: OperationCheck = ({ operation, document, contextValue }) => {
  if (!isAnonymous(contextValue.caller) || operation === undefined) return null;
  const definitions = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  const fragments = new Map(definitions.map((node) => [node.name.value, node]));
  return onlyIntrospects(operation, fragments) ? null : refusal(anonymousRefusal);
};

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

function onlyIntrospects(operation: OperationDefinitionNode, fragments: Fragments): boolean {
  return operation.operation === OperationTypeNode.QUERY && selectsOnlyMeta(operation.selectionSet, fragments);
}

function selectsOnlyMeta(set: SelectionSetNode, fragments: Fragments): boolean {
  return set.selections.every((selection) => {
    if (selection.kind === Kind.FIELD) return selection.name.value.startsWith('__');
    if (selection.kind === Kind.INLINE_FRAGMENT) return selectsOnlyMeta(selection.selectionSet, fragments);
    const fragment = fragments.get(selection.name.value);
    return fragment !== undefined && selectsOnlyMeta(fragment.selectionSet, fragments);
  });
}
