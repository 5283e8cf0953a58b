import type { ObjectRef } from '@pothos/core';
import type { KernelTypes, SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { Money } from '#subgraphs/shared/money/money.ts';
import {
  amountRecoveryRate,
  MATURITY_DAYS,
  recoveryRate,
  type CohortFigures,
  type CurrencyFigures,
} from '../domain/recovery-figures.ts';

type CurrencyFiguresRef = ObjectRef<PothosSchemaTypes.ExtendDefaultTypes<KernelTypes>, CurrencyFigures>;
type Figures = Omit<CohortFigures, 'month'>;

const DAYS = String(MATURITY_DAYS);

/** Declares the figures of one currency, whole and by cohort; both show the same fields. */
export function addRecoveryFigures(builder: SubgraphBuilder): CurrencyFiguresRef {
  const Figures = builder.interfaceRef<Figures>('RecoveryFigures').implement({
    description:
      'How recovery cases ended, in one currency. A case belongs to the date it was opened, whenever it ended; every case counts once.',
    fields: (t) => ({
      currency: t.field({
        type: 'CurrencyCode',
        description: 'The currency of everything in here.',
        resolve: ({ currency }) => currency,
      }),
      casesOpened: t.int({
        description: 'Cases opened: those recovered, in progress and lost together.',
        resolve: ({ casesOpened }) => Number(casesOpened),
      }),
      casesRecovered: t.int({
        description: 'Cases whose invoice was paid after all.',
        resolve: ({ casesRecovered }) => Number(casesRecovered),
      }),
      casesInProgress: t.int({
        description: 'Cases still being worked on.',
        resolve: ({ casesInProgress }) => Number(casesInProgress),
      }),
      casesLost: t.int({
        description:
          'Cases closed without the money, whatever the reason (exhausted, canceled, invoice voided or written off).',
        resolve: ({ casesLost }) => Number(casesLost),
      }),
      failedAmount: t.field({
        type: 'Money',
        description: 'What was unpaid when the cases were opened.',
        resolve: (figures) => inCurrency(figures, figures.failedAmountMinor),
      }),
      recoveredAmount: t.field({
        type: 'Money',
        description: 'What was paid on the recovered cases.',
        resolve: (figures) => inCurrency(figures, figures.recoveredAmountMinor),
      }),
      casesMatured: t.int({
        description: `Cases opened at least ${DAYS} days ago: the ones the rates speak of.`,
        resolve: ({ matured }) => Number(matured.casesOpened),
      }),
      recoveryRate: t.field({
        type: 'Decimal',
        nullable: true,
        description: `The share of matured cases that were recovered within ${DAYS} days of opening, as a fraction: "0.5714". Null while none has matured. Younger cases count in neither part, so the rate does not sink when many have just failed.`,
        resolve: (figures) => recoveryRate(figures),
      }),
      amountRecoveryRate: t.field({
        type: 'Decimal',
        nullable: true,
        description: `The same by amount: what came back within ${DAYS} days of what had failed in matured cases, as a fraction. Null while none has matured.`,
        resolve: (figures) => amountRecoveryRate(figures),
      }),
    }),
  });
  const Cohort = builder.objectRef<CohortFigures>('RecoveryCohort').implement({
    description: 'The cases opened in one calendar month (UTC), in one currency.',
    interfaces: [Figures],
    fields: (t) => ({
      month: t.field({
        type: 'DateTime',
        description: 'First instant of the month in which the cases were opened (UTC, business time).',
        resolve: ({ month }) => new Date(`${month}T00:00:00Z`),
      }),
    }),
  });
  return builder.objectRef<CurrencyFigures>('CurrencyRecovery').implement({
    description: 'The cases of one currency opened in the period asked for. Currencies are never added up.',
    interfaces: [Figures],
    fields: (t) => ({
      cohorts: t.field({
        type: [Cohort],
        description: 'The same cases by month of opening, oldest first; months without a case are left out.',
        resolve: ({ cohorts }) => [...cohorts],
      }),
    }),
  });
}

function inCurrency({ currency }: Figures, amountMinor: bigint): Money {
  return { amountMinor, currency };
}
