import { getNamedType, isInterfaceType, isObjectType, Kind, OperationTypeNode } from 'graphql';

import { refusal } from '../refusals.ts';

import type {
  ArgumentNode,
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  GraphQLField,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionNode,
  SelectionSetNode,
  ValueNode,
} from 'graphql';

export interface InjectedSubscription {
  /** The client's document, its operation asking for the cursor and taking it up again by variable. */
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly fieldName: string;
  /** Under which name the root field answers. */
  readonly rootName: string;
  /** The alias of the cursor inside an event, and the variable of `after`; null when the field does not follow the convention. */
  readonly resume: { readonly cursorAlias: string; readonly afterVariable: string } | null;
  /** What the client itself gave as `after`. */
  readonly clientAfter: ValueNode | null;
}

/**
 * The convention of every subscription: an argument `after: String`, and an event with `cursor: String!`.
 * Where a field follows it, the cursor is asked for under an alias of ours, whatever the client selects, and `after` becomes a variable of ours.
 */
export function injectCursor(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
): InjectedSubscription {
  const fragments = new Map(
    document.definitions
      .filter((node) => node.kind === Kind.FRAGMENT_DEFINITION)
      .map((node) => [node.name.value, node]),
  );
  const root = rootField(operation, fragments);
  const definition = schema.getSubscriptionType()?.getFields()[root.name.value];
  const fieldName = root.name.value;
  const rootName = root.alias?.value ?? fieldName;
  const clientAfter = root.arguments?.find((argument) => argument.name.value === 'after')?.value ?? null;
  if (definition === undefined || !followsConvention(definition)) {
    return { document, operation, fieldName, rootName, resume: null, clientAfter };
  }
  const taken = JSON.stringify(document, withoutLocations);
  const resume = { cursorAlias: unusedName('__cursor', taken), afterVariable: unusedName('__after', taken) };
  const injected = withCursor(operation, root, resume);
  const definitions = document.definitions.map((node) => (node === operation ? injected : node));
  return { document: { ...document, definitions }, operation: injected, fieldName, rootName, resume, clientAfter };
}

function followsConvention(field: GraphQLField<unknown, unknown>): boolean {
  const event = getNamedType(field.type);
  const hasCursor = (isObjectType(event) || isInterfaceType(event)) && event.getFields()['cursor'] !== undefined;
  return hasCursor && field.args.some((argument) => argument.name === 'after');
}

/** The one field of the operation, its fragments opened and its occurrences (equal by validation) put together. */
function rootField(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): FieldNode {
  const [first, ...others] = fieldsOf(operation.selectionSet, fragments);
  if (first === undefined)
    throw refusal({ type: 'validation_error', code: 'BAD_USER_INPUT', message: 'A subscription selects one field.' });
  if (others.length === 0 || first.selectionSet === undefined) return first;
  const selections: SelectionNode[] = [first, ...others].flatMap((field) => field.selectionSet?.selections ?? []);
  return { ...first, selectionSet: { kind: Kind.SELECTION_SET, selections } };
}

function fieldsOf(set: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): FieldNode[] {
  return set.selections.flatMap((selection) => {
    if (selection.directives?.some(({ name }) => name.value === 'skip' || name.value === 'include') === true)
      throw conditionalRoot();
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsOf(selection.selectionSet, fragments);
    const fragment = fragments.get(selection.name.value);
    return fragment === undefined ? [] : fieldsOf(fragment.selectionSet, fragments);
  });
}

const conditionalRoot = (): Error =>
  refusal({
    type: 'validation_error',
    code: 'BAD_USER_INPUT',
    message:
      '@skip and @include are not allowed around the field of a subscription: put them on the fields inside, or do not subscribe.',
  });

function withCursor(
  operation: OperationDefinitionNode,
  root: FieldNode,
  resume: { cursorAlias: string; afterVariable: string },
): OperationDefinitionNode {
  const cursor: FieldNode = { kind: Kind.FIELD, name: name('cursor'), alias: name(resume.cursorAlias) };
  const after: ArgumentNode = {
    kind: Kind.ARGUMENT,
    name: name('after'),
    value: { kind: Kind.VARIABLE, name: name(resume.afterVariable) },
  };
  const field: FieldNode = {
    ...root,
    arguments: [...(root.arguments ?? []).filter((argument) => argument.name.value !== 'after'), after],
    selectionSet: { kind: Kind.SELECTION_SET, selections: [cursor, ...(root.selectionSet?.selections ?? [])] },
  };
  return {
    ...operation,
    operation: OperationTypeNode.SUBSCRIPTION,
    variableDefinitions: [
      ...(operation.variableDefinitions ?? []),
      {
        kind: Kind.VARIABLE_DEFINITION,
        variable: { kind: Kind.VARIABLE, name: name(resume.afterVariable) },
        type: { kind: Kind.NAMED_TYPE, name: name('String') },
      },
    ],
    selectionSet: { kind: Kind.SELECTION_SET, selections: [field] },
  };
}

const name = (value: string): { kind: Kind.NAME; value: string } => ({ kind: Kind.NAME, value });

function unusedName(wanted: string, taken: string): string {
  return taken.includes(`"${wanted}"`) ? unusedName(`${wanted}_`, taken) : wanted;
}

function withoutLocations(key: string, value: unknown): unknown {
  return key === 'loc' ? undefined : value;
}
