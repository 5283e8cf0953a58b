import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testClickHouse } from '#subgraphs/shared/testing/databases.ts';
import { createClickHouse, type ClickHouse } from '../client.ts';
import { ClickHouseQueryError } from '../errors.ts';
import { ClickHouseMigrationError, migrateClickHouse, type ClickHouseMigration } from '../migrate.ts';
import { createTestClickHouse } from './test-clickhouse.ts';

const things: ClickHouseMigration = {
  id: '0001-things',
  sql: 'CREATE TABLE IF NOT EXISTS things (id String) ENGINE = MergeTree ORDER BY id',
};
const named: ClickHouseMigration = {
  id: '0002-named',
  sql: [
    'ALTER TABLE things ADD COLUMN IF NOT EXISTS name String',
    'CREATE OR REPLACE VIEW names AS SELECT name FROM things',
  ],
};

describe('ClickHouse migrations', () => {
  const opened: ClickHouse[] = [];
  const fresh = async (): Promise<ClickHouse> => {
    const ch = await createTestClickHouse();
    opened.push(ch);
    return ch;
  };
  let ch: ClickHouse;
  beforeAll(async () => {
    ch = await fresh();
  });
  afterAll(async () => {
    for (const each of opened) {
      await each.command(`DROP DATABASE ${each.database}`);
      await each.close();
    }
  });

  it('applies what is missing, in order, and nothing a second time', async () => {
    expect(await migrateClickHouse(ch, [things])).toEqual(['0001-things']);
    expect(await migrateClickHouse(ch, [things, named])).toEqual(['0002-named']);
    expect(await migrateClickHouse(ch, [things, named])).toEqual([]);
    await expect(ch.query('SELECT name FROM names')).resolves.toEqual([]);
  });

  it('survives several processes that start at the same time', async () => {
    const together = await fresh();

    await Promise.all([1, 2, 3, 4].map(async () => migrateClickHouse(together, [things, named])));

    expect(await together.query('SELECT id FROM schema_migrations FINAL ORDER BY id')).toEqual([
      { id: '0001-things' },
      { id: '0002-named' },
    ]);
  });

  it('goes on after a crash half way through a step', async () => {
    const crashed = await fresh();
    const halves: ClickHouseMigration = {
      id: '0002-named',
      sql: ['ALTER TABLE things ADD COLUMN IF NOT EXISTS name String', 'CREATE TABLE'],
    };
    await expect(migrateClickHouse(crashed, [things, halves])).rejects.toBeInstanceOf(ClickHouseQueryError);

    expect(await migrateClickHouse(crashed, [things, named])).toEqual(['0002-named']);
  });

  it('refuses a step that was edited after it had been applied', async () => {
    const edited = { ...things, sql: `${String(things.sql)} SETTINGS index_granularity = 1024` };

    await expect(migrateClickHouse(ch, [edited])).rejects.toBeInstanceOf(ClickHouseMigrationError);
  });

  it.each([{ ids: ['0002-b', '0001-a'] }, { ids: ['0001-a', '0001-a'] }])('refuses the order $ids', async ({ ids }) => {
    const untouched = await fresh();

    await expect(
      migrateClickHouse(
        untouched,
        ids.map((id) => ({ ...things, id })),
      ),
    ).rejects.toBeInstanceOf(ClickHouseMigrationError);
  });

  it('creates the database when there is none, also from several processes', async () => {
    const ch = createClickHouse(testClickHouse());
    opened.push(ch);

    await Promise.all([1, 2, 3].map(async () => migrateClickHouse(ch, [things])));

    await expect(ch.query('SELECT id FROM things')).resolves.toEqual([]);
  });

  it('refuses a database name that would need quoting', async () => {
    const odd = createClickHouse({ ...testClickHouse(), database: 'a; DROP DATABASE b' });

    await expect(migrateClickHouse(odd, [things])).rejects.toThrow(/can't name a ClickHouse database/);
    await odd.close();
  });
});
