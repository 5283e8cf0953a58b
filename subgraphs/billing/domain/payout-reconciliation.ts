export type PayoutReconciliation = 'NOT_APPLICABLE' | 'PENDING' | 'COMPLETE' | 'MISMATCHED';

export interface PayoutFacts {
  readonly automatic: boolean | null;
  readonly amountMinor: bigint | null;
  readonly reconciliationStatus: string | null;
  readonly listableAs: string | null;
  readonly listedAs: string | null;
}

/** Versions of Stripe's API before 2023-08 say nothing of it: then a payout that was paid counts as settled. */
const isSettled = (reconciliationStatus: string | null): boolean =>
  reconciliationStatus === 'COMPLETED' || reconciliationStatus === null;

/** What can be said of a payout: no more than Stripe has said and was read, and complete only if it adds up. Null: no transaction is known. */
export function payoutReconciliation(
  { automatic, amountMinor, reconciliationStatus, listableAs, listedAs }: PayoutFacts,
  total: { readonly netMinor: bigint; readonly oneCurrency: boolean } | null,
): PayoutReconciliation {
  if (automatic === false || reconciliationStatus === 'NOT_APPLICABLE') return 'NOT_APPLICABLE';
  if (listableAs === null || listedAs !== listableAs || !isSettled(reconciliationStatus)) return 'PENDING';
  return total?.oneCurrency === true && total.netMinor === amountMinor ? 'COMPLETE' : 'MISMATCHED';
}
