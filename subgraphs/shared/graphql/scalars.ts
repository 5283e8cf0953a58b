import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import type { Json } from '../json/json.ts';

/** The client's mistake and not ours: the gateway tells errors that carry a code, and masks the others. */
const mistaken = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { type: 'validation_error', code: 'BAD_USER_INPUT' } });

const text = (name: string, value: unknown): string => {
  if (typeof value === 'string') return value;
  throw mistaken(`${name} must be given as text`);
};

/** JavaScript takes 30 February for 2 March. */
const isOnTheCalendar = (date: string): boolean => new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);

function jsonOf(node: ValueNode): Json {
  switch (node.kind) {
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map((field) => [field.name.value, jsonOf(field.value)]));
    case Kind.LIST:
      return node.values.map(jsonOf);
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.STRING:
    case Kind.ENUM:
      return node.value;
    case Kind.BOOLEAN:
      return node.value;
    default:
      return null;
  }
}

export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'An instant in ISO 8601 with a time zone: `2026-11-20T13:00:00.000Z`. Answers are in UTC with milliseconds.',
  // Not by way of String: that drops a date's milliseconds.
  serialize: (value) => new Date(value as Date | string).toISOString(),
  parseValue: (value) => {
    const given = text('DateTime', value);
    const instant = new Date(given);
    if (
      !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(given) ||
      Number.isNaN(instant.getTime()) ||
      !isOnTheCalendar(given.slice(0, 10))
    ) {
      throw mistaken(
        `DateTime must be ISO 8601 with a time zone, such as 2026-11-20T13:00:00Z; got ${JSON.stringify(given)}`,
      );
    }
    return instant;
  },
});

export const BigIntScalar = new GraphQLScalarType<bigint, string>({
  name: 'BigInt',
  description: 'A whole number of any size, as text, so that no client rounds it: `"1990"`.',
  serialize: (value) => String(value),
  parseValue: (value) => {
    // A number beyond the safe ones was rounded before it came here.
    const given = Number.isSafeInteger(value) ? String(value) : text('BigInt', value);
    if (!/^-?\d{1,38}$/.test(given))
      throw mistaken(`BigInt must be a whole number, as text; got ${JSON.stringify(given)}`);
    return BigInt(given);
  },
});

export const DecimalScalar = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description: 'An exact decimal number, as text: `"19.90"`.',
  serialize: (value) => String(value),
  parseValue: (value) => {
    const given = text('Decimal', value);
    if (!/^-?\d+(\.\d+)?$/.test(given))
      throw mistaken(`Decimal must be digits with at most one point, as text; got ${JSON.stringify(given)}`);
    return given;
  },
});

export const CurrencyCodeScalar = new GraphQLScalarType<string, string>({
  name: 'CurrencyCode',
  description: 'An ISO 4217 currency code in capitals: `USD`.',
  serialize: (value) => String(value),
  parseValue: (value) => {
    const given = text('CurrencyCode', value);
    if (!/^[A-Z]{3}$/.test(given))
      throw mistaken(`CurrencyCode must be three capitals, such as USD; got ${JSON.stringify(given)}`);
    return given;
  },
});

export const JsonScalar = new GraphQLScalarType<Json, Json>({
  name: 'JSON',
  description: 'Any JSON value, as it is.',
  serialize: (value) => value as Json,
  parseValue: (value) => value as Json,
  parseLiteral: jsonOf,
});
