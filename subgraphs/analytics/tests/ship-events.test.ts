import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import { ClickHouseUnavailableError } from '#subgraphs/shared/clickhouse/errors.ts';
import { shipLane } from '../ship-lane.ts';
import { shipEvents } from '../use-cases/ship-events.ts';
import { caseEvents, createAnalyticsWorld, ids, type AnalyticsWorld } from './factories.ts';

const at = new Date('2026-11-02T10:00:00Z');
const NOW = new Date('2026-11-20T10:00:00Z');

describe('shipping events to ClickHouse', () => {
  let world: AnalyticsWorld;
  beforeAll(async () => {
    world = await createAnalyticsWorld();
  });
  afterAll(async () => {
    await world.close();
  });
  const shipAll = async (): Promise<void> => {
    while ((await shipEvents(world.ship, { limit: 3 })) === 3);
  };

  it('ships each event in order, in batches, and then has nothing left', async () => {
    const ws = ids.next('ws');
    const cases = Array.from({ length: 4 }, () => caseEvents(ws));
    await world.append(cases.map((each) => each.opened(100n, 'USD', at)));

    expect(await shipEvents(world.ship, { limit: 3 })).toBe(3);
    expect(await shipEvents(world.ship, { limit: 3 })).toBe(1);
    expect(await shipEvents(world.ship, { limit: 3 })).toBe(0);
    expect((await world.summary(ws, NOW)).currencies).toMatchObject([{ casesOpened: 4n }]);
  });

  it('counts events once that were shipped twice because the cursor was not written', async () => {
    const ws = ids.next('ws');
    const [one, two] = [caseEvents(ws), caseEvents(ws)];
    const before = await world.position();
    await world.append([
      one.opened(100n, 'USD', at),
      two.opened(100n, 'USD', at),
      one.recovered(100n, 'USD', at),
      two.closed(at),
    ]);
    await shipAll();
    const once = await world.summary(ws, NOW);

    for (const limit of [1, 2, 3, 4]) {
      await world.rewind(before);
      await shipEvents(world.ship, { limit });
    }
    await shipAll();

    expect(await world.summary(ws, NOW)).toEqual(once);
    expect(once.currencies).toMatchObject([
      { casesOpened: 2n, casesRecovered: 1n, casesLost: 1n, recoveredAmountMinor: 100n },
    ]);
    const [count] = await world.ch.query<{ rows: string }>(
      'SELECT toString(count()) AS rows FROM workspace_events(workspace_id = {workspace_id:String})',
      { workspace_id: ws },
    );
    expect(count).toEqual({ rows: '4' });
  });

  it('keeps the newer state of a case when an older version is written after it', async () => {
    const ws = ids.next('ws');
    const each = caseEvents(ws);
    await world.append([each.opened(100n, 'USD', at), each.recovered(100n, 'USD', at)]);
    await shipAll();

    await world.ch.command(
      `INSERT INTO recovery_case_current SELECT * REPLACE (version - 1 AS version, 'IN_PROGRESS' AS state)
       FROM recovery_case_current WHERE workspace_id = {ws:String}`,
      { ws },
    );

    expect((await world.summary(ws, NOW)).currencies).toMatchObject([{ casesRecovered: 1n, casesInProgress: 0n }]);
  });

  it('leaves out an event it can not read and goes on with the others', async () => {
    const ws = ids.next('ws');
    const [strange, good] = [caseEvents(ws), caseEvents(ws)];
    await world.append([
      { ...strange.opened(1n, 'USD', at), payload: { nonsense: true } },
      strange.recovered(1n, 'USD', at),
      good.opened(100n, 'USD', at),
    ]);
    await shipAll();

    expect((await world.summary(ws, NOW)).currencies).toMatchObject([{ casesOpened: 1n, failedAmountMinor: 100n }]);
  });

  it('says how long ago nothing was left', async () => {
    await shipAll();
    world.wall.advance({ seconds: 90 });
    expect((await world.summary(ids.next('ws'), NOW)).lagSeconds).toBe(90);

    await shipEvents(world.ship, { limit: 3 });
    expect((await world.summary(ids.next('ws'), NOW)).lagSeconds).toBe(0);
  });

  it('does not claim to be level while a full batch says that more may follow', async () => {
    await shipAll();
    world.wall.advance({ seconds: 60 });
    const ws = ids.next('ws');
    await world.append([caseEvents(ws).opened(1n, 'USD', at), caseEvents(ws).opened(1n, 'USD', at)]);

    await shipEvents(world.ship, { limit: 2 });

    expect((await world.summary(ws, NOW)).lagSeconds).toBe(60);
  });

  it('keeps its place while ClickHouse is away, waits longer each time, and loses nothing', async () => {
    const ws = ids.next('ws');
    await shipAll();
    const before = await world.position();
    await world.append([caseEvents(ws).opened(100n, 'USD', at)]);
    const away = createClickHouse({ url: 'http://127.0.0.1:9', database: 'analytics', timeoutMs: 500 });
    await expect(shipEvents({ ...world.ship, clickhouse: away }, { limit: 3 })).rejects.toBeInstanceOf(
      ClickHouseUnavailableError,
    );

    let clickhouse = away;
    const lane = shipLane({
      ...world.ship,
      get clickhouse() {
        return clickhouse;
      },
    });
    for (const pause of [{ ms: 600 }, { ms: 1_200 }, { ms: 2_400 }]) {
      await lane.drain('all');
      expect(await lane.due()).toEqual([]);
      world.wall.advance(pause);
      expect(await lane.due()).toEqual([{ workspaceId: 'all' }]);
    }
    expect(await world.position()).toBe(before);

    clickhouse = world.ch;
    await lane.drain('all');
    expect(await world.position()).toBe(before + 1n);
    expect((await world.summary(ws, NOW)).currencies).toMatchObject([{ casesOpened: 1n }]);
    await away.close();
  });
});
