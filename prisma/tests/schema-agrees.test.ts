import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createEmptyDatabase, createTestDatabase } from '#subgraphs/shared/testing/databases.ts';
import { schemaDir } from '../paths.ts';
import { diffSchemas } from '../schema-engine.ts';
import { pendingSql } from '../snapshot.ts';

// The migrations may do more than Prisma can express (checks, policies, functions), but every table, column and index of the
// schema files must come out of them exactly as Prisma would have made it.

let migrated: pg.Client;
let expected: pg.Client;
let drop: () => Promise<void>;

beforeAll(async () => {
  const [real, empty] = await Promise.all([createTestDatabase(), createEmptyDatabase()]);
  migrated = new pg.Client(real.adminUrl);
  expected = new pg.Client(empty.url);
  await Promise.all([migrated.connect(), expected.connect()]);
  await expected.query(await diffSchemas(null, schemaDir));
  drop = async (): Promise<void> => {
    await Promise.all([migrated.end(), expected.end()]);
    await Promise.all([real.drop(), empty.drop()]);
  };
});

afterAll(() => drop());

const OURS = "NOT IN ('pg_catalog', 'information_schema', 'public', 'pg_toast')";

const COLUMNS = `
  SELECT format('%s.%s.%s %s%s%s', table_schema, table_name, column_name, udt_name,
    CASE is_nullable WHEN 'YES' THEN ' null' ELSE '' END, coalesce(' default ' || column_default, '')) AS line
  FROM information_schema.columns WHERE table_schema ${OURS} ORDER BY 1`;

// Of a partitioned table, PostgreSQL says that an index is "ON ONLY" it: each partition has its own.
const INDEXES = `SELECT replace(indexdef, ' ON ONLY ', ' ON ') AS line FROM pg_indexes WHERE schemaname ${OURS} ORDER BY 1`;

async function lines(client: pg.Client, sql: string): Promise<string[]> {
  return (await client.query<{ line: string }>(sql)).rows.map(({ line }) => line);
}

describe('the schema files and the migrations', () => {
  it('have no change between them that waits for a migration', async () => {
    expect(await pendingSql()).toBeNull();
  });

  it('give every table the same columns', async () => {
    const wanted = await lines(expected, COLUMNS);
    const made = new Set(await lines(migrated, COLUMNS));

    expect(wanted.length).toBeGreaterThan(50);
    expect(wanted.filter((line) => !made.has(line))).toEqual([]);
  });

  it('give every table the same keys and indexes', async () => {
    const made = new Set(await lines(migrated, INDEXES));
    expect((await lines(expected, INDEXES)).filter((line) => !made.has(line))).toEqual([]);
  });

  it('keep what is large and comes often as it is, in every table of the mirror and in months that are made later', async () => {
    await migrated.query(`SELECT kernel.make_partitions(now() + interval '8 months')`);
    const columns = await lines(
      migrated,
      `SELECT format('%s %s', c.relname, a.attstorage) AS line FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       WHERE c.relkind IN ('r', 'p') AND (c.relnamespace = 'stripe'::regnamespace AND a.attname = 'raw' OR c.relname LIKE 'inbox\\_event%' AND a.attname = 'body')`,
    );

    expect(columns.length).toBeGreaterThan(40);
    expect(columns.filter((line) => !line.endsWith(' e'))).toEqual([]);
  });
});
