import path from 'node:path';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { expect, it } from '@jest/globals';
import { startChdb } from '../chdb.ts';
import { until } from '../processes.ts';
import { answers, temporaryDataDir } from './fixtures/support.ts';

it('is back on its port after kill -9, with every confirmed row, as often as it is killed', async () => {
  const data = temporaryDataDir();
  const chdb = await startChdb({
    dataDir: path.join(data.dir, 'clickhouse'),
    logFile: path.join(data.dir, 'chdb.log'),
  });
  const client = createClient({ url: chdb.url, log: { level: ClickHouseLogLevel.OFF } });
  await client.command({ query: 'CREATE TABLE kept (id UInt32) ENGINE = MergeTree ORDER BY id' });
  const count = async (): Promise<unknown> =>
    (await client.query({ query: 'SELECT count() AS n FROM kept', format: 'JSONEachRow' })).json();

  for (const round of [1, 2]) {
    await client.insert({ table: 'kept', values: [{ id: round }], format: 'JSONEachRow' });
    const { pid } = chdb;
    process.kill(pid, 'SIGKILL');
    expect(await until(() => chdb.pid !== pid, 10_000)).toBe(true);
    expect(await answers(count)).toBe(true);
    expect(await count()).toEqual([{ n: round }]);
  }
  await client.close();
  await chdb.stop();
  await data.remove();
}, 40_000);
