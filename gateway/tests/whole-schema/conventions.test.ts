import { describe, expect, it } from '@jest/globals';
import {
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
  type GraphQLNamedType,
} from 'graphql';
import { apiSchema, fieldsOf, isConnection, isRefusal, printedSubgraphs } from './support/api-schema.ts';

const schema = apiSchema();
const types: GraphQLNamedType[] = Object.values(schema.getTypeMap()).filter(
  (type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type),
);

interface Member {
  readonly name: string;
  readonly type: string;
  readonly description: string | null | undefined;
}

/** Every field, argument and input field with its place. */
const members: Member[] = [];
for (const type of types) {
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
  const add = (name: string, of: string, description: Member['description']): void => {
    members.push({ name: `${type.name}.${name}`, type: of.replaceAll(/[[\]!]/g, ''), description });
  };
  if (isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) add(field.name, String(field.type), field.description);
    continue;
  }
  for (const field of Object.values(type.getFields())) {
    add(field.name, String(field.type), field.description);
    for (const arg of field.args) add(`${field.name}(${arg.name})`, String(arg.type), arg.description);
  }
}
const enumValues = types.flatMap((type) =>
  isEnumType(type) ? type.getValues().map((value) => ({ ...value, name: `${type.name}.${value.name}` })) : [],
);

const undescribed = (things: readonly { name: string; description?: string | null | undefined }[]): string[] =>
  things.filter(({ description }) => (description ?? '').trim().length < 5).map(({ name }) => name);

it('the composed graph is what these tests look at', () => {
  expect(types.length).toBeGreaterThan(30);
  expect(members.length).toBeGreaterThan(200);
  expect(enumValues.length).toBeGreaterThan(20);
});

describe('descriptions', () => {
  it('stand on every type', () => {
    expect(undescribed(types)).toEqual([]);
  });
  it('stand on every field, argument and input field', () => {
    expect(undescribed(members)).toEqual([]);
  });
  it('stand on every enum value', () => {
    expect(undescribed(enumValues)).toEqual([]);
  });
});

describe('a mutation', () => {
  it.each(fieldsOf(schema.getMutationType()).map((field) => [field.name, field] as const))(
    '%s takes one input of its own name and answers a union of its result and its refusals',
    (name, field) => {
      const pascal = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
      const answer = getNullableType(field.type);
      if (!isUnionType(answer)) throw new Error(`${name} answers ${String(field.type)}, which is no union`);
      const results = answer.getTypes().filter((type) => !isRefusal(type));

      expect(field.args.map((arg) => `${arg.name}: ${String(arg.type)}`)).toEqual([`input: ${pascal}Input!`]);
      expect(answer.name).toBe(`${pascal}Result`);
      expect(isNonNullType(field.type)).toBe(true);
      expect(results).toHaveLength(1);
      expect(answer.getTypes().length).toBeGreaterThan(1);
    },
  );

  it('refuses with types whose name ends in Error', () => {
    const refusals = types.filter((type) => isObjectType(type) && isRefusal(type));
    expect(refusals.length).toBeGreaterThan(5);
    expect(refusals.map(({ name }) => name).filter((name) => !name.endsWith('Error'))).toEqual([]);
  });
});

describe('a list', () => {
  const lists = types.flatMap((type) =>
    isObjectType(type) ? fieldsOf(type).filter((field) => isConnection(field.type)) : [],
  );
  it.each(lists.map((field) => [field.name, field] as const))(
    '%s is paged from both ends and can be counted',
    (_name, field) => {
      const connection = getNamedType(field.type);
      if (!isObjectType(connection)) throw new Error('not an object');
      expect(
        field.args
          .map((arg) => `${arg.name}: ${String(arg.type)}`)
          .filter((arg) => /^(first|last|after|before):/.test(arg))
          .sort(),
      ).toEqual(['after: String', 'before: String', 'first: Int', 'last: Int']);
      expect(String(connection.getFields()['totalCount']?.type)).toBe('Int!');
      expect(String(connection.getFields()['pageInfo']?.type)).toBe('PageInfo!');
    },
  );
});

describe('a subscription', () => {
  it.each(fieldsOf(schema.getSubscriptionType()).map((field) => [field.name, field] as const))(
    '%s can be resumed',
    (_name, field) => {
      const event = getNamedType(field.type);
      expect(String(field.args.find(({ name }) => name === 'after')?.type)).toBe('String');
      expect(isObjectType(event) && String(event.getFields()['cursor']?.type)).toBe('String!');
    },
  );

  it('is there at all', () => {
    expect(fieldsOf(schema.getSubscriptionType()).length).toBeGreaterThan(1);
  });
});

describe('numbers and names', () => {
  it('are never Float', () => {
    expect(members.filter(({ type }) => type === 'Float').map(({ name }) => name)).toEqual([]);
  });

  it('hold amounts as Money or BigInt, never as Int', () => {
    const amounts = members.filter(({ name }) => /(minor|amount|price|total|balance)\)?$/i.test(name));
    expect(amounts.length).toBeGreaterThan(5);
    expect(amounts.filter(({ type }) => type === 'Int').map(({ name }) => name)).toEqual([]);
  });

  it('are ID for whatever holds an id of ours', () => {
    const ids = members.filter(
      ({ name }) => /(\.id|[a-z]Id)\)?$/.test(name) && !/(stripe|object|provider\w*|step|request)Id\)?$/i.test(name),
    );
    expect(ids.length).toBeGreaterThan(10);
    expect(ids.filter(({ type }) => type !== 'ID').map(({ name, type }) => `${name}: ${type}`)).toEqual([]);
  });

  it('of enum values are SCREAMING_SNAKE', () => {
    const values = enumValues.map(({ name }) => name.split('.')[1] ?? '');
    expect(values.filter((value) => !/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(value))).toEqual([]);
  });

  it('of scalars are the few that the house knows', () => {
    const scalars = types.filter((type) => isScalarType(type)).map(({ name }) => name);
    expect(scalars.sort()).toEqual(['BigInt', 'CurrencyCode', 'DateTime', 'Decimal', 'JSON']);
  });
});

describe('an entity', () => {
  const entities = [...printedSubgraphs()].flatMap(([subgraph, sdl]) =>
    [...sdl.matchAll(/^type (\w+)[^{]*?@key\(fields: "([^"]*)"/gms)].map(
      ([, type = '', key = '']) => [`${subgraph}.${type}`, key] as const,
    ),
  );
  it.each(entities)('%s is known by its id', (_name, key) => {
    expect(key).toBe('id');
  });

  it('is never named like a root type', () => {
    expect(entities.length).toBeGreaterThan(5);
    expect(entities.filter(([name]) => /\.(Query|Mutation|Subscription)$/.test(name)).map(([name]) => name)).toEqual(
      [],
    );
  });
});
