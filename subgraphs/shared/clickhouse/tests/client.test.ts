import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClickHouse, type ClickHouse } from '../client.ts';
import { ClickHouseQueryError, ClickHouseUnavailableError } from '../errors.ts';
import { fromClickHouseTime, toClickHouseTime } from '../time.ts';
import { createTestClickHouse } from './test-clickhouse.ts';

describe('the ClickHouse client', () => {
  let ch: ClickHouse;
  const silent: Server = createServer(() => undefined);

  beforeAll(async () => {
    ch = await createTestClickHouse();
    await ch.command(
      "CREATE TABLE numbers (id UInt64, name String, at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY id",
    );
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await ch.command(`DROP DATABASE ${ch.database}`);
    await ch.close();
    silent.closeAllConnections();
    silent.close();
  });

  it('reads what was inserted as soon as the insert returns, with every digit', async () => {
    const at = new Date('2026-11-20T09:30:00.123Z');
    await ch.insert('numbers', [
      { id: '18446744073709551615', name: `it's a "tab"\t and a \\`, at: toClickHouseTime(at) },
    ]);

    const rows = await ch.query<{ id: string; name: string; at: string }>(
      'SELECT toString(id) AS id, name, toString(at) AS at FROM numbers WHERE name = {name:String}',
      {
        name: `it's a "tab"\t and a \\`,
      },
    );

    expect(rows).toEqual([
      { id: '18446744073709551615', name: `it's a "tab"\t and a \\`, at: '2026-11-20 09:30:00.123' },
    ]);
    expect(fromClickHouseTime(rows[0]?.at ?? '')).toEqual(at);
  });

  it('binds lists without letting a value end the list', async () => {
    const rows = await ch.query<{ found: string }>(`SELECT arrayJoin({names:Array(String)}) AS found`, {
      names: [`a'], 'b`, 'c,d', ''],
    });

    expect(rows.map((row) => row.found)).toEqual([`a'], 'b`, 'c,d', '']);
  });

  it('takes an empty insert for nothing to do', async () => {
    await expect(ch.insert('no_such_table', [])).resolves.toBeUndefined();
  });

  it('calls a refused statement a query error, with the number ClickHouse gives it', async () => {
    const failure = await ch.query('SELECT * FROM no_such_table').catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ClickHouseQueryError);
    expect(failure).toMatchObject({ clickHouseCode: '60' });
  });

  it.each([
    { fault: 'nobody listens', url: (): string => 'http://127.0.0.1:9' },
    { fault: 'no answer comes in time', url: (): string => `http://127.0.0.1:${portOf(silent)}` },
  ])('calls it unavailable when $fault', async ({ url }) => {
    const away = createClickHouse({ url: url(), database: 'default', timeoutMs: 200 });

    await expect(away.query('SELECT 1')).rejects.toBeInstanceOf(ClickHouseUnavailableError);
    await expect(away.insert('t', [{ a: 1 }])).rejects.toBeInstanceOf(ClickHouseUnavailableError);
    expect(await away.ping()).toBe(false);
    await away.close();
  });

  it('answers a ping', async () => {
    expect(await ch.ping()).toBe(true);
  });
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
