import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CurrencyFigures } from '../domain/recovery-figures.ts';
import { shipEvents } from '../use-cases/ship-events.ts';
import { caseEvents, createAnalyticsWorld, ids, type AnalyticsWorld, type NewStoredEvent } from './factories.ts';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-08-01T00:00:00Z');
const NOW = new Date('2026-11-20T00:00:00Z');

/** One case as a whole: hours after START at which it was opened, and hours after that at which it ended. */
interface History {
  readonly workspace: 0 | 1;
  readonly currency: 'USD' | 'JPY' | 'KWD';
  readonly amount: bigint;
  readonly openedH: number;
  readonly recovered: { readonly afterH: number; readonly amount: bigint } | null;
  readonly closedAfterH: number | null;
  /** Decides how the events of different cases interleave. */
  readonly order: readonly number[];
}

const history: fc.Arbitrary<History> = fc.record({
  workspace: fc.constantFrom(0, 1),
  currency: fc.constantFrom('USD', 'JPY', 'KWD'),
  amount: fc.bigInt({ min: 0n, max: 10n ** 12n }),
  openedH: fc.nat({ max: 24 * 110 }),
  recovered: fc.option(
    fc.record({ afterH: fc.nat({ max: 24 * 50 }), amount: fc.bigInt({ min: 0n, max: 10n ** 12n }) }),
  ),
  closedAfterH: fc.option(fc.nat({ max: 24 * 50 })),
  order: fc.array(fc.nat({ max: 1_000 }), { minLength: 4, maxLength: 4 }),
});

/** How the shipper gets on: batches of `limit`, and after some of them it dies before it has written its cursor. */
const voyage = fc.record({
  limit: fc.integer({ min: 1, max: 40 }),
  deaths: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
});

let world: AnalyticsWorld;
beforeAll(async () => {
  world = await createAnalyticsWorld();
});
afterAll(async () => {
  await world.close();
});

it('equals a plain count over the histories, however events interleave, repeat and are cut into batches', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(history, { maxLength: 30 }), voyage, async (histories, plan) => {
      const workspaces = [ids.next('ws'), ids.next('ws')] as const;
      await world.append(interleaved(histories, workspaces));
      await sail(plan);

      for (const which of [0, 1] as const) {
        const { currencies } = await world.summary(workspaces[which], NOW);
        expect(currencies.map(headline)).toEqual(
          expectedHeadlines(histories.filter((each) => each.workspace === which)),
        );
      }
    }),
    { numRuns: 12 },
  );
}, 60_000);

function interleaved(histories: readonly History[], workspaces: readonly [string, string]): NewStoredEvent[] {
  const keyed = histories.flatMap((each) => {
    const made = caseEvents(workspaces[each.workspace]);
    const opened = new Date(START + each.openedH * 3_600_000);
    const later = (hours: number): Date => new Date(opened.getTime() + hours * 3_600_000);
    const own = [
      made.opened(each.amount, each.currency, opened),
      made.classified('SOFT_FUNDS', opened),
      ...(each.recovered ? [made.recovered(each.recovered.amount, each.currency, later(each.recovered.afterH))] : []),
      ...(each.closedAfterH === null ? [] : [made.closed(later(each.closedAfterH))]),
    ];
    const keys = each.order.toSorted((a, b) => a - b);
    return own.map((event, index) => ({ event, key: keys[index] ?? 0 }));
  });
  return keyed.toSorted((a, b) => a.key - b.key).map(({ event }) => event);
}

async function sail({ limit, deaths }: { limit: number; deaths: readonly boolean[] }): Promise<void> {
  for (const dies of deaths) {
    const before = await world.position();
    await shipEvents(world.ship, { limit });
    if (dies) await world.rewind(before);
  }
  while ((await shipEvents(world.ship, { limit: 50 })) === 50);
}

interface Headline {
  readonly currency: string;
  readonly counts: readonly bigint[];
  readonly amounts: readonly bigint[];
  readonly matured: readonly bigint[];
  readonly months: readonly string[];
}

function headline(figures: CurrencyFigures): Headline {
  const {
    currency,
    casesOpened,
    casesRecovered,
    casesInProgress,
    casesLost,
    failedAmountMinor,
    recoveredAmountMinor,
    matured,
    cohorts,
  } = figures;
  return {
    currency,
    counts: [casesOpened, casesRecovered, casesInProgress, casesLost],
    amounts: [failedAmountMinor, recoveredAmountMinor],
    matured: [matured.casesOpened, matured.casesRecovered, matured.failedAmountMinor, matured.recoveredAmountMinor],
    months: cohorts.map(({ month }) => month),
  };
}

function expectedHeadlines(histories: readonly History[]): Headline[] {
  return ['JPY', 'KWD', 'USD'].flatMap((currency) => {
    const own = histories.filter((each) => each.currency === currency);
    return own.length === 0 ? [] : [expectedHeadline(currency, own)];
  });
}

function expectedHeadline(currency: string, own: readonly History[]): Headline {
  const recovered = own.filter((each) => each.recovered !== null);
  const matured = own.filter((each) => START + each.openedH * 3_600_000 + 28 * DAY_MS <= NOW.getTime());
  const inTime = matured.filter((each) => each.recovered !== null && each.recovered.afterH <= 28 * 24);
  const failed = (some: readonly History[]): bigint => some.reduce((sum, each) => sum + each.amount, 0n);
  const won = (some: readonly History[]): bigint =>
    some.reduce((sum, each) => sum + (each.recovered?.amount ?? 0n), 0n);
  const lost = own.filter((each) => each.recovered === null && each.closedAfterH !== null).length;
  const months = new Set(
    own.map((each) => `${new Date(START + each.openedH * 3_600_000).toISOString().slice(0, 7)}-01`),
  );
  return {
    currency,
    counts: [own.length, recovered.length, own.length - recovered.length - lost, lost].map(BigInt),
    amounts: [failed(own), won(recovered)],
    matured: [BigInt(matured.length), BigInt(inTime.length), failed(matured), won(inTime)],
    months: [...months].toSorted(),
  };
}
