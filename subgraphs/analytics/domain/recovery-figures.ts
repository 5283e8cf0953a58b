import { ratioText } from './ratio.ts';

/** A cohort's outcome is read when it is this old: by then retries and reminders of the longest usual schedule have run. */
export const MATURITY_DAYS = 28;

/** Counts and sums over the cases opened in one month, in one currency. Amounts are minor units. */
export interface CohortFigures {
  readonly currency: string;
  /** First day of the calendar month (UTC) in which the cases were opened, `2026-11-01`. */
  readonly month: string;
  readonly casesOpened: bigint;
  readonly casesRecovered: bigint;
  readonly casesInProgress: bigint;
  readonly casesLost: bigint;
  readonly failedAmountMinor: bigint;
  readonly recoveredAmountMinor: bigint;
  readonly matured: MaturedFigures;
}

/** The same, over cases that are at least `MATURITY_DAYS` old, counting only money that came back within that time. */
export interface MaturedFigures {
  readonly casesOpened: bigint;
  readonly casesRecovered: bigint;
  readonly failedAmountMinor: bigint;
  readonly recoveredAmountMinor: bigint;
}

export interface CurrencyFigures extends Omit<CohortFigures, 'month'> {
  readonly cohorts: readonly CohortFigures[];
}

/** One entry per currency in alphabetical order, its cohorts oldest first. Nothing is ever added across currencies. */
export function byCurrency(cohorts: readonly CohortFigures[]): CurrencyFigures[] {
  const currencies = [...new Set(cohorts.map((cohort) => cohort.currency))].toSorted();
  return currencies.map((currency) => {
    const own = cohorts
      .filter((cohort) => cohort.currency === currency)
      .toSorted((a, b) => (a.month < b.month ? -1 : 1));
    return { currency, ...total(own), cohorts: own };
  });
}

function total(cohorts: readonly CohortFigures[]): Omit<CohortFigures, 'currency' | 'month'> {
  const sum = (read: (cohort: CohortFigures) => bigint): bigint =>
    cohorts.reduce((soFar, cohort) => soFar + read(cohort), 0n);
  return {
    casesOpened: sum((cohort) => cohort.casesOpened),
    casesRecovered: sum((cohort) => cohort.casesRecovered),
    casesInProgress: sum((cohort) => cohort.casesInProgress),
    casesLost: sum((cohort) => cohort.casesLost),
    failedAmountMinor: sum((cohort) => cohort.failedAmountMinor),
    recoveredAmountMinor: sum((cohort) => cohort.recoveredAmountMinor),
    matured: {
      casesOpened: sum(({ matured }) => matured.casesOpened),
      casesRecovered: sum(({ matured }) => matured.casesRecovered),
      failedAmountMinor: sum(({ matured }) => matured.failedAmountMinor),
      recoveredAmountMinor: sum(({ matured }) => matured.recoveredAmountMinor),
    },
  };
}

/** The share of matured cases that were recovered in time; null while none has matured. */
export function recoveryRate({ matured }: Pick<CohortFigures, 'matured'>): string | null {
  return ratioText(matured.casesRecovered, matured.casesOpened);
}

/** The same, by amount. May pass 1 when customers paid more than had failed. */
export function amountRecoveryRate({ matured }: Pick<CohortFigures, 'matured'>): string | null {
  return ratioText(matured.recoveredAmountMinor, matured.failedAmountMinor);
}
