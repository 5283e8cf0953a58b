import { testClickHouse } from '#subgraphs/shared/testing/databases.ts';
import { createClickHouse, type ClickHouse } from '../client.ts';

/** A client on an empty database of its own. Drop the database in `afterAll`. */
export async function createTestClickHouse(): Promise<ClickHouse> {
  const ch = createClickHouse(testClickHouse());
  await ch.createDatabase();
  return ch;
}
