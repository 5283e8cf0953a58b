import { expect, it } from '@jest/globals';
import { amountRecoveryRate, byCurrency, recoveryRate, type CohortFigures } from './recovery-figures.ts';

function cohort(
  currency: string,
  month: string,
  opened: bigint,
  recovered: bigint,
  matured: { opened: bigint; recovered: bigint },
): CohortFigures {
  return {
    currency,
    month,
    casesOpened: opened,
    casesRecovered: recovered,
    casesInProgress: opened - recovered,
    casesLost: 0n,
    failedAmountMinor: opened * 1_000n,
    recoveredAmountMinor: recovered * 900n,
    matured: {
      casesOpened: matured.opened,
      casesRecovered: matured.recovered,
      failedAmountMinor: matured.opened * 1_000n,
      recoveredAmountMinor: matured.recovered * 900n,
    },
  };
}

it('adds cohorts up within a currency and never across', () => {
  const figures = byCurrency([
    cohort('USD', '2026-11-01', 500n, 250n, { opened: 0n, recovered: 0n }),
    cohort('JPY', '2026-10-01', 10n, 1n, { opened: 10n, recovered: 1n }),
    cohort('USD', '2026-10-01', 700n, 500n, { opened: 700n, recovered: 500n }),
  ]);

  expect(
    figures.map(({ currency, casesOpened, failedAmountMinor }) => ({ currency, casesOpened, failedAmountMinor })),
  ).toEqual([
    { currency: 'JPY', casesOpened: 10n, failedAmountMinor: 10_000n },
    { currency: 'USD', casesOpened: 1_200n, failedAmountMinor: 1_200_000n },
  ]);
  expect(figures[1]?.cohorts.map(({ month }) => month)).toEqual(['2026-10-01', '2026-11-01']);
});

it('divides by matured cases alone, so that what still runs can neither raise nor lower the rate', () => {
  const [usd] = byCurrency([
    cohort('USD', '2026-10-01', 700n, 500n, { opened: 700n, recovered: 500n }),
    cohort('USD', '2026-11-01', 300n, 0n, { opened: 0n, recovered: 0n }),
  ]);

  expect(usd && recoveryRate(usd)).toBe('0.7143');
  expect(usd && amountRecoveryRate(usd)).toBe('0.6429');
});

it('has no rate while nothing has matured', () => {
  const [usd] = byCurrency([cohort('USD', '2026-11-01', 300n, 200n, { opened: 0n, recovered: 0n })]);

  expect(usd && recoveryRate(usd)).toBeNull();
  expect(usd && amountRecoveryRate(usd)).toBeNull();
});
