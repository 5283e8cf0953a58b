import { Kind } from 'graphql';

import type {
  FieldNode,
  FragmentDefinitionNode,
  OperationDefinitionNode,
  SelectionSetNode,
  ValidationContext,
} from 'graphql';

export interface OperationShape {
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
}

const shapes = new WeakMap<OperationDefinitionNode, OperationShape>();

/**
 * Measures an operation with its fragments opened, as it will be carried out: a fragment that is spread twice counts twice.
 * Introspection is left out (graphql-js bounds it). Each fragment is measured once, so that a document can't make measuring itself slow.
 */
export function shapeOf(operation: OperationDefinitionNode, context: ValidationContext): OperationShape {
  const known = shapes.get(operation);
  if (known !== undefined) return known;
  const shape = measure(operation.selectionSet, (name) => context.getFragment(name) ?? null, new Map());
  shapes.set(operation, shape);
  return shape;
}

const NOTHING: OperationShape = { depth: 0, aliases: 0, rootFields: 0 };

type Fragments = (name: string) => FragmentDefinitionNode | null;
type Measured = Map<string, OperationShape>;

function measure(set: SelectionSetNode, fragments: Fragments, measured: Measured): OperationShape {
  let sum = NOTHING;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) sum = add(sum, ofField(selection, fragments, measured));
    else if (selection.kind === Kind.INLINE_FRAGMENT)
      sum = add(sum, measure(selection.selectionSet, fragments, measured));
    else sum = add(sum, ofFragment(selection.name.value, fragments, measured));
  }
  return sum;
}

function ofField(field: FieldNode, fragments: Fragments, measured: Measured): OperationShape {
  const alias = field.alias === undefined ? 0 : 1;
  const introspection = field.name.value.startsWith('__');
  const inner =
    field.selectionSet === undefined || introspection ? NOTHING : measure(field.selectionSet, fragments, measured);
  return { depth: inner.depth + 1, aliases: inner.aliases + alias, rootFields: 1 };
}

function ofFragment(name: string, fragments: Fragments, measured: Measured): OperationShape {
  const known = measured.get(name);
  if (known !== undefined) return known;
  // Stands for itself while it is measured: a fragment that spreads itself ends here, and is refused by a rule of graphql-js.
  measured.set(name, NOTHING);
  const fragment = fragments(name);
  const shape = fragment === null ? NOTHING : measure(fragment.selectionSet, fragments, measured);
  measured.set(name, shape);
  return shape;
}

function add(a: OperationShape, b: OperationShape): OperationShape {
  return { depth: Math.max(a.depth, b.depth), aliases: a.aliases + b.aliases, rootFields: a.rootFields + b.rootFields };
}
