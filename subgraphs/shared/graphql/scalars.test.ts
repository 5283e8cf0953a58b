import { describe, expect, it } from '@jest/globals';
import { GraphQLError, type GraphQLScalarType, parseValue, valueFromAST } from 'graphql';
import type { Json } from '../json/json.ts';
import { BigIntScalar, CurrencyCodeScalar, DateTimeScalar, DecimalScalar, JsonScalar } from './scalars.ts';

interface Case {
  readonly given: unknown;
  readonly value: unknown;
}

const scalars: readonly { scalar: GraphQLScalarType; accepts: readonly Case[]; refuses: readonly unknown[] }[] = [
  {
    scalar: DateTimeScalar,
    accepts: [
      { given: '2026-11-20T13:00:00Z', value: new Date(Date.UTC(2026, 10, 20, 13)) },
      { given: '2026-11-20T13:00Z', value: new Date(Date.UTC(2026, 10, 20, 13)) },
      { given: '2026-11-20T13:00:00.125+05:30', value: new Date(Date.UTC(2026, 10, 20, 7, 30, 0, 125)) },
      { given: '2028-02-29T00:00:00-08:00', value: new Date(Date.UTC(2028, 1, 29, 8)) },
    ],
    refuses: [
      '2026-11-20',
      '2026-11-20T13:00:00',
      '2026-11-20 13:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-02-30T00:00:00Z',
      '2027-02-29T00:00:00Z',
      '2026-11-20T25:00:00Z',
      '2026-11-20T13:00:00+99:00',
      '20 November 2026',
      '',
      1_795_176_000_000,
      true,
    ],
  },
  {
    scalar: BigIntScalar,
    accepts: [
      { given: '1990', value: 1990n },
      { given: '-1', value: -1n },
      { given: '0', value: 0n },
      { given: 1990, value: 1990n },
      { given: '9007199254740993', value: 9_007_199_254_740_993n },
      { given: '9'.repeat(38), value: 10n ** 38n - 1n },
    ],
    refuses: ['19.90', '1e3', '', ' 1', '+1', '0x10', '١٢', '9'.repeat(39), 1.5, 1e21, 2 ** 53, ['5'], true, null],
  },
  {
    scalar: DecimalScalar,
    accepts: ['19.90', '0', '-0.001', '00012.5', `${'9'.repeat(40)}.01`].map((given) => ({ given, value: given })),
    refuses: ['.5', '5.', '1,000.00', '1e3', '1.2.3', '', ' 1', '+1', '19.90 USD', 19.9, 5],
  },
  {
    scalar: CurrencyCodeScalar,
    accepts: ['USD', 'JPY', 'KWD'].map((given) => ({ given, value: given })),
    refuses: ['usd', 'US', 'USDT', 'U$D', '', ' USD', 'USD\n', 840],
  },
];

const shown = (value: unknown): string => (typeof value === 'bigint' ? `${String(value)}n` : JSON.stringify(value));

describe.each(scalars)('$scalar', ({ scalar, accepts, refuses }) => {
  it.each(accepts.map((one) => ({ ...one, text: shown(one.given) })))('takes $text', ({ given, value }) => {
    expect(scalar.parseValue(given)).toEqual(value);
  });

  it.each(refuses.map((given) => ({ given, text: shown(given) })))(
    'refuses $text and says what it wants',
    ({ given }) => {
      expect(() => scalar.parseValue(given)).toThrow(GraphQLError);
      expect(() => scalar.parseValue(given)).toThrow(new RegExp(`^${scalar.name} must be `));
    },
  );

  it('takes the same in a query’s text as in its variables', () => {
    for (const { given, value } of accepts)
      expect(valueFromAST(parseValue(JSON.stringify(given)), scalar)).toEqual(value);
    for (const given of refuses.filter((each) => typeof each === 'string'))
      expect(valueFromAST(parseValue(JSON.stringify(given)), scalar)).toBeUndefined();
  });
});

describe('a number in a query’s text', () => {
  it('that JavaScript would round is refused, and as text it is taken exactly', () => {
    expect(valueFromAST(parseValue('9007199254740993'), BigIntScalar)).toBeUndefined();
    expect(valueFromAST(parseValue('"9007199254740993"'), BigIntScalar)).toBe(9_007_199_254_740_993n);
    expect(valueFromAST(parseValue('1990'), BigIntScalar)).toBe(1990n);
  });
});

describe('an answer', () => {
  it.each<{ scalar: GraphQLScalarType; value: unknown; text: string }>([
    { scalar: DateTimeScalar, value: new Date(Date.UTC(2026, 10, 20, 13, 0, 0, 7)), text: '2026-11-20T13:00:00.007Z' },
    { scalar: DateTimeScalar, value: '2026-11-20T14:00:00+01:00', text: '2026-11-20T13:00:00.000Z' },
    { scalar: BigIntScalar, value: 9_007_199_254_740_993n, text: '9007199254740993' },
    { scalar: DecimalScalar, value: '19.90', text: '19.90' },
    { scalar: CurrencyCodeScalar, value: 'USD', text: 'USD' },
  ])('writes $scalar as $text', ({ scalar, value, text }) => {
    expect(scalar.serialize(value)).toBe(text);
  });
});

describe('JSON', () => {
  it('is any value, as it is, in a query’s text too', () => {
    const value: Json = { a: [1, -2.5, 'x', true, null, { b: {} }], c: 'FREE' };
    expect(JsonScalar.parseValue(value)).toEqual(value);
    expect(JsonScalar.serialize(value)).toEqual(value);
    expect(valueFromAST(parseValue('{ a: [1, -2.5, "x", true, null, { b: {} }], c: FREE }'), JsonScalar)).toEqual(
      value,
    );
  });
});
