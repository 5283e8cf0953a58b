import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Supergraph } from '@apollo/federation-internals';
import {
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isUnionType,
} from 'graphql';

export const ROOT = path.join(import.meta.dirname, '..', '..', '..', '..');
const SCHEMA = path.join(ROOT, 'schema');

export type Field = GraphQLField<unknown, unknown>;

/** The graph as clients see it, composed from what is committed. */
export function apiSchema(): GraphQLSchema {
  const sdl = readFileSync(path.join(SCHEMA, 'supergraph.graphql'), 'utf8');
  return Supergraph.build(sdl).apiSchema().toGraphQLJSSchema();
}

/** Each subgraph's own part as it is committed, by name. */
export function printedSubgraphs(): ReadonlyMap<string, string> {
  const files = readdirSync(SCHEMA).filter((file) => file.endsWith('.graphql') && file !== 'supergraph.graphql');
  return new Map(files.map((file) => [path.basename(file, '.graphql'), readFileSync(path.join(SCHEMA, file), 'utf8')]));
}

export const fieldsOf = (type: GraphQLObjectType | null | undefined): Field[] => Object.values(type?.getFields() ?? {});

export const isConnection = (type: GraphQLOutputType): boolean => {
  const named = getNamedType(type);
  return isObjectType(named) && 'edges' in named.getFields() && 'pageInfo' in named.getFields();
};

export const canBeAskedBare = (field: Field): boolean => !field.args.some(isRequiredArgument);

/** A place for an id among a field's arguments: `id`, or `filter.actorId`. */
export interface IdPlace {
  readonly field: Field;
  readonly path: readonly string[];
}

export function idPlaces(field: Field): IdPlace[] {
  const within = (type: GraphQLInputType, at: readonly string[]): IdPlace[] => {
    const named = getNamedType(type);
    if (named.name === 'ID') return [{ field, path: at }];
    if (!isInputObjectType(named)) return [];
    return Object.values(named.getFields()).flatMap((inner) => within(inner.type, [...at, inner.name]));
  };
  return field.args.flatMap((arg) => within(arg.type, [arg.name]));
}

export const nameOf = ({ field, path: at }: IdPlace): string => `${field.name}(${at.join('.')})`;

/** The argument that holds `id` at this place, and nothing else. */
export function argumentsWith(place: IdPlace, id: string): Record<string, unknown> {
  const [first = '', ...inner] = place.path;
  const type = place.field.args.find((arg) => arg.name === first)?.type;
  const value = inner.reduceRight<unknown>((held, name) => ({ [name]: held }), id);
  return { [first]: type && isListType(getNullableType(type)) ? [value] : value };
}

/** Under names of their own: a result may have a field `message` too, of another type. */
const REFUSAL = '... on UserError { refusalCode: code refusalMessage: message refusalParam: param }';

interface Depth {
  /** How many references to other objects are followed. */
  readonly hops: number;
  /** Of an object with an id that is reached by a reference, only the id: other subgraphs may know newer things of it. */
  readonly entitiesById?: boolean;
}

/** Everything that can be asked of a type without arguments, `hops` objects deep; empty for a scalar. */
export function selectionOf(schema: GraphQLSchema, type: GraphQLOutputType, depth: Depth): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  if (isUnionType(named) || isInterfaceType(named)) {
    const members = schema.getPossibleTypes(named);
    const results = members.filter((member) => !isRefusal(member));
    const refusals = results.length < members.length ? [REFUSAL] : [];
    const fragments = results.map((member) => `... on ${member.name} ${selectionOf(schema, member, depth)}`);
    return `{ __typename ${[...refusals, ...fragments].join(' ')} }`;
  }
  if (!isObjectType(named)) throw new Error(`${String(type)} cannot be selected from`);
  return `{ __typename ${fieldsOf(named)
    .map((field) => selected(schema, named, field, depth))
    .join(' ')} }`;
}

function selected(schema: GraphQLSchema, parent: GraphQLObjectType, field: Field, depth: Depth): string {
  if (!canBeAskedBare(field)) return '';
  const named = getNamedType(field.type);
  if (isLeafType(named)) return field.name;
  // A list's frame and plain values (money) are part of what they stand in; a list inside an object is a reference like any other.
  // How things are at the moment is no part of an answer that is given again.
  if (depth.entitiesById === true && named.name === 'ProviderHealth') return '';
  if (isFrame(parent) || isPlainValue(named)) return `${field.name} ${selectionOf(schema, named, depth)}`;
  if (depth.entitiesById === true && isObjectType(named) && 'id' in named.getFields())
    return `${field.name} { __typename id }`;
  return depth.hops > 0 ? `${field.name} ${selectionOf(schema, named, { ...depth, hops: depth.hops - 1 })}` : '';
}

const isFrame = (type: GraphQLObjectType): boolean => isConnection(type) || type.name.endsWith('Edge');

const isPlainValue = (type: object): boolean =>
  isObjectType(type) && fieldsOf(type).every((field) => isLeafType(getNamedType(field.type)) && field.name !== 'id');

export const isRefusal = (type: GraphQLObjectType): boolean =>
  type.getInterfaces().some(({ name }) => name === 'UserError');

/** One operation that asks for one root field, with its arguments as variables. */
export function operationOf(
  kind: 'query' | 'mutation' | 'subscription',
  field: Field,
  args: Readonly<Record<string, unknown>>,
  selection: string,
): { query: string; variables: Record<string, unknown> } {
  const given = field.args.filter((arg) => arg.name in args);
  const declared = given.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const passed = given.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  return {
    query: `${kind} Whole${declared && `(${declared})`} { ${field.name}${passed && `(${passed})`} ${selection} }`,
    variables: { ...args },
  };
}
