import type { AnyColumns } from './columns.ts';

/** What is told of a mirrored object beyond its identity: enough to follow its state and to add its money up. */
export interface ObjectFacts {
  readonly status: string | null;
  readonly currency: string | null;
  /** The amount the object is about, in minor units: an invoice's total, a charge's amount. */
  readonly amountMinor: bigint | null;
  readonly customerId: string | null;
}

/** Of several amounts, the one that the object is about; the first that its kind has. */
export const AMOUNTS = ['totalMinor', 'amountMinor', 'unitAmountMinor'] as const;

export function factsOf(columns: AnyColumns): ObjectFacts {
  const text = (name: string): string | null => {
    const value = columns[name];
    return typeof value === 'string' ? value : null;
  };
  const amount = AMOUNTS.map((name) => columns[name]).find((value) => typeof value === 'bigint');
  return {
    status: text('status'),
    currency: text('currency'),
    amountMinor: typeof amount === 'bigint' ? amount : null,
    customerId: text('customerId'),
  };
}
