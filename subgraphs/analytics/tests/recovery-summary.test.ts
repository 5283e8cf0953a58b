import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import { ValidationError } from '#subgraphs/shared/errors/errors.ts';
import { AnalyticsUnavailableError } from '../errors.ts';
import { recoveredAmountsByCustomer } from '../loaders.ts';
import { shipEvents } from '../use-cases/ship-events.ts';
import { summarizeRecovery } from '../use-cases/summarize-recovery.ts';
import { caseEvents, createAnalyticsWorld, ids, type AnalyticsWorld } from './factories.ts';

const day = (text: string): Date => new Date(`${text}T10:00:00Z`);
const NOW = day('2026-11-20');

describe('the recovery summary', () => {
  let world: AnalyticsWorld;
  beforeAll(async () => {
    world = await createAnalyticsWorld();
  });
  afterAll(async () => {
    await world.close();
  });
  const shipAll = async (): Promise<void> => {
    while ((await shipEvents(world.ship, { limit: 100 })) === 100);
  };

  it('is empty, and says so, before anything happened', async () => {
    expect(await world.summary(ids.next('ws'), NOW)).toMatchObject({ currencies: [], asOf: null });
  });

  it('counts a case where it was opened, whenever it ended', async () => {
    const ws = ids.next('ws');
    const [september, october, running, lost] = [caseEvents(ws), caseEvents(ws), caseEvents(ws), caseEvents(ws)];
    await world.append([
      september.opened(1_000n, 'USD', day('2026-09-30')),
      october.opened(2_000n, 'USD', day('2026-10-01')),
      lost.opened(4_000n, 'USD', day('2026-10-02')),
      september.recovered(1_000n, 'USD', day('2026-10-05')),
      running.opened(8_000n, 'USD', day('2026-11-19')),
      lost.closed(day('2026-10-25')),
      october.recovered(2_000n, 'USD', day('2026-11-18')),
    ]);
    await shipAll();

    const { currencies, asOf } = await world.summary(ws, NOW);

    expect(asOf).toEqual(day('2026-11-19'));
    expect(currencies).toMatchObject([
      {
        currency: 'USD',
        casesOpened: 4n,
        casesRecovered: 2n,
        casesInProgress: 1n,
        casesLost: 1n,
        failedAmountMinor: 15_000n,
        recoveredAmountMinor: 3_000n,
      },
    ]);
    expect(currencies[0]?.cohorts).toMatchObject([
      { month: '2026-09-01', casesOpened: 1n, casesRecovered: 1n, recoveredAmountMinor: 1_000n },
      { month: '2026-10-01', casesOpened: 2n, casesRecovered: 1n, casesLost: 1n, recoveredAmountMinor: 2_000n },
      { month: '2026-11-01', casesOpened: 1n, casesInProgress: 1n, recoveredAmountMinor: 0n },
    ]);
    // October's case came back after 48 days: recovered, but too late for the rate. November's has not had its 28 days.
    expect(currencies[0]?.matured).toEqual({
      casesOpened: 3n,
      casesRecovered: 1n,
      failedAmountMinor: 7_000n,
      recoveredAmountMinor: 1_000n,
    });
  });

  it.each([
    { age: 'the millisecond before it is 28 days old', now: new Date('2026-10-28T23:59:59.999Z'), matured: 0n },
    { age: 'when it is 28 days old', now: new Date('2026-10-29T00:00:00.000Z'), matured: 1n },
  ])('counts $matured case as matured $age', async ({ now, matured }) => {
    const ws = ids.next('ws');
    await world.append([caseEvents(ws).opened(1_000n, 'USD', new Date('2026-10-01T00:00:00Z'))]);
    await shipAll();

    const { currencies } = await world.summary(ws, now);

    expect(currencies[0]?.matured.casesOpened).toBe(matured);
  });

  it('keeps currencies apart', async () => {
    const ws = ids.next('ws');
    const [usd, jpy] = [caseEvents(ws), caseEvents(ws)];
    await world.append([
      usd.opened(1_999n, 'USD', day('2026-11-02')),
      jpy.opened(500n, 'JPY', day('2026-11-02')),
      jpy.recovered(500n, 'JPY', day('2026-11-03')),
    ]);
    await shipAll();

    const { currencies } = await world.summary(ws, NOW);

    expect(currencies).toMatchObject([
      { currency: 'JPY', failedAmountMinor: 500n, recoveredAmountMinor: 500n },
      { currency: 'USD', failedAmountMinor: 1_999n, recoveredAmountMinor: 0n },
    ]);
  });

  it('shows a workspace nothing of another one, not even for the same ids', async () => {
    const [mine, theirs] = [ids.next('ws'), ids.next('ws')];
    const same = { caseId: ids.next('case'), customerId: ids.next('cus') };
    const [ours, foreign] = [caseEvents(mine, same), caseEvents(theirs, same)];
    await world.append([
      ours.opened(1n, 'USD', day('2026-11-02')),
      foreign.opened(70_000n, 'USD', day('2026-11-02')),
      foreign.recovered(70_000n, 'USD', day('2026-11-03')),
    ]);
    await shipAll();

    expect((await world.summary(mine, NOW)).currencies).toMatchObject([
      { casesOpened: 1n, casesRecovered: 0n, failedAmountMinor: 1n },
    ]);
    expect((await world.summary(theirs, NOW)).currencies).toMatchObject([
      { casesOpened: 1n, casesRecovered: 1n, failedAmountMinor: 70_000n },
    ]);
    expect(await recoveredAmountsByCustomer({ workspaceId: mine }, world.ch, [same.customerId])).toEqual(
      new Map([[same.customerId, []]]),
    );
  });

  it('reads [from, to) of the opening date', async () => {
    const ws = ids.next('ws');
    await world.append([
      caseEvents(ws).opened(1n, 'USD', day('2026-11-02')),
      caseEvents(ws).opened(10n, 'USD', day('2026-11-03')),
      caseEvents(ws).opened(100n, 'USD', day('2026-11-04')),
    ]);
    await shipAll();

    const { currencies } = await world.summary(ws, NOW, { from: day('2026-11-03'), to: day('2026-11-04') });

    expect(currencies).toMatchObject([{ failedAmountMinor: 10n }]);
  });

  it.each([
    { from: day('2026-11-04'), to: day('2026-11-03') },
    { from: day('2026-11-04'), to: day('2026-11-04') },
    { from: new Date('9999-01-01T00:00:00Z'), to: undefined },
  ])('refuses the empty period $from to $to', async (input) => {
    await expect(world.summary(ids.next('ws'), NOW, input)).rejects.toBeInstanceOf(ValidationError);
  });

  it('adds up amounts beyond 64 bits without wrapping around', async () => {
    const ws = ids.next('ws');
    const most = 2n ** 63n - 1n;
    await world.append([
      caseEvents(ws).opened(most, 'USD', day('2026-11-02')),
      caseEvents(ws).opened(most, 'USD', day('2026-11-02')),
    ]);
    await shipAll();

    expect((await world.summary(ws, NOW)).currencies[0]?.failedAmountMinor).toBe(2n * most);
  });

  it('answers what was recovered from each customer, for many at once', async () => {
    const ws = ids.next('ws');
    const customers = Array.from({ length: 250 }, () => ids.next('cus'));
    const cases = customers.map((customerId) => caseEvents(ws, { customerId }));
    await world.append(cases.map((each) => each.opened(100n, 'USD', day('2026-11-02'))));
    await world.append(cases.slice(1).map((each) => each.recovered(100n, 'USD', day('2026-11-03'))));
    await shipAll();

    const amounts = await recoveredAmountsByCustomer({ workspaceId: ws }, world.ch, customers);

    expect(amounts.size).toBe(250);
    expect(amounts.get(customers[0] ?? '')).toEqual([]);
    expect(amounts.get(customers[249] ?? '')).toEqual([{ amountMinor: 100n, currency: 'USD' }]);
  });

  it('says that it is unavailable, and that trying again helps, while ClickHouse is away', async () => {
    const away = createClickHouse({ url: 'http://127.0.0.1:9', database: 'analytics', timeoutMs: 500 });
    const ctx = {
      workspaceId: ids.next('ws'),
      wall: world.wall,
      businessNow: (): Promise<Date> => Promise.resolve(NOW),
    };

    const failure = await summarizeRecovery(ctx, { clickhouse: away, system: world.system }, {}).catch(
      (error: unknown) => error,
    );

    expect(failure).toBeInstanceOf(AnalyticsUnavailableError);
    expect(failure).toMatchObject({ code: 'ANALYTICS_UNAVAILABLE', retryAfter: 5 });
    await expect(recoveredAmountsByCustomer(ctx, away, ['cus_1'])).rejects.toBeInstanceOf(AnalyticsUnavailableError);
    await away.close();
  });
});
