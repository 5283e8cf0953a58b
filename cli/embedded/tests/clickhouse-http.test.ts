import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { testClickHouse } from '#subgraphs/shared/testing/databases.ts';

// The unchanged client of ClickHouse, against chDB behind our HTTP interface.

const { url, database } = testClickHouse();
const log = { level: ClickHouseLogLevel.OFF };
const client = createClient({ url, database, log, compression: { request: true, response: true } });

beforeAll(async () => {
  await createClient({ url }).command({ query: `CREATE DATABASE ${database}` });
  await client.command({ query: 'CREATE TABLE event (id UInt64, text String) ENGINE = MergeTree ORDER BY id' });
});

afterAll(async () => {
  await client.command({ query: `DROP DATABASE ${database}` });
  await client.close();
});

async function rows<T>(query: string, query_params: Record<string, unknown> = {}): Promise<T[]> {
  return (await client.query({ query, query_params, format: 'JSONEachRow' })).json<T>();
}

it('inserts 100,000 rows in one call and counts them', async () => {
  await client.command({ query: 'CREATE TABLE bulk (id UInt64) ENGINE = MergeTree ORDER BY id' });
  const values = Array.from({ length: 100_000 }, (_, id) => ({ id }));
  const { summary } = await client.insert({ table: 'bulk', values, format: 'JSONEachRow' });

  expect(summary?.written_rows).toBe('100000');
  expect(await rows('SELECT count() AS n, max(id) AS top FROM bulk')).toEqual([{ n: 100_000, top: 99_999 }]);
});

it('gives back text of every kind as it was inserted, and executes none of it', async () => {
  const texts = [
    "it's; DROP TABLE event",
    'a\n\nSELECT 1\n\n',
    '{"id":9}',
    'tab\tback\\slash',
    '{x:String} `"\'',
    '',
    'ünïcödé 💶',
  ];
  const values = texts.map((text, id) => ({ id, text }));
  await client.insert({ table: 'event', values, format: 'JSONEachRow' });

  expect((await rows<{ text: string }>('SELECT text FROM event ORDER BY id')).map(({ text }) => text)).toEqual(texts);
});

it.each<[string, Value]>([
  ['String', "it's\t\\x"],
  ['String', '\\N'],
  ['UInt64', 18_014_398_509_481_984n],
  ['Array(String)', ["a'b", 'c\\d', '']],
  ['Nullable(String)', null],
  ['DateTime64(3)', '2026-11-20 10:00:00.123'],
])('binds a parameter of type %s', async (type, value) => {
  const [row] = await rows<{ same: unknown }>(`SELECT toString({value:${type}}) AS same`, { value });
  const [plain] = await rows<{ text: unknown }>(`SELECT toString(CAST(${literal(value)} AS ${type})) AS text`);
  expect(row!.same).toEqual(plain!.text);
});

type Value = string | bigint | null | readonly string[];

function literal(value: Value): string {
  if (value === null) return 'NULL';
  if (typeof value === 'object') return `[${value.map(literal).join(', ')}]`;
  return typeof value === 'string' ? `'${value.replace(/[\\']/g, '\\$&')}'` : String(value);
}

it('answers many queries at once, each in its own database and with its own settings', async () => {
  const other = createClient({ url });
  const asked = Array.from({ length: 40 }, async (_, i) => {
    const one = i % 2 === 0 ? client : other;
    const answer = await one.query({
      query: "SELECT currentDatabase() AS name, getSetting('max_block_size') AS size, {i:UInt32} AS i",
      query_params: { i },
      format: 'JSONEachRow',
      ...(i % 4 < 2 ? { clickhouse_settings: { max_block_size: String(1000 + i) } } : {}),
    });
    return (await answer.json<{ name: string; size: number; i: number }>())[0]!;
  });
  const answers = await Promise.all(asked);
  await other.close();

  const [usual] = await rows<{ size: number }>("SELECT getSetting('max_block_size') AS size");
  answers.forEach(({ name, size, i }) => {
    expect({ i, name, size }).toEqual({
      i,
      name: i % 2 === 0 ? database : 'default',
      size: i % 4 < 2 ? 1000 + i : usual!.size,
    });
  });
});

it.each([
  ['SELECT * FROM nowhere', { code: '60', type: 'UNKNOWN_TABLE' }],
  ['SELEC 1 FROM', { code: '62', type: 'SYNTAX_ERROR' }],
  ['SELECT 1; SELECT 2', { code: '62', type: 'SYNTAX_ERROR' }],
  ["SELECT throwIf(1, 'as asked')", { code: '395', type: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO' }],
])('answers %s with the error of a server', async (query, error) => {
  await expect(client.query({ query })).rejects.toMatchObject(error);
});

it('refuses a row that does not fit, and keeps none of its batch', async () => {
  const before = await rows('SELECT count() AS n FROM event');
  const values = [
    { id: 1, text: 'fits' },
    { id: 'does not', text: '' },
  ];

  await expect(client.insert({ table: 'event', values, format: 'JSONEachRow' })).rejects.toMatchObject({ code: '27' });
  expect(await rows('SELECT count() AS n FROM event')).toEqual(before);
});

it('refuses inserted data in formats whose values may hold blank lines', async () => {
  await expect(
    client.insert({ table: 'event', values: [[1, 'a']], format: 'JSONCompactEachRow' }),
  ).resolves.toBeDefined();
  await expect(
    fetch(`${url}/?query=${encodeURIComponent('INSERT INTO event FORMAT CSV')}`, { method: 'POST', body: '1,a' }).then(
      (response) => response.text(),
    ),
  ).resolves.toContain('UNKNOWN_FORMAT');
});

it('answers the ping', async () => {
  expect(await client.ping()).toEqual({ success: true });
  expect(await client.ping({ select: true })).toEqual({ success: true });
});
