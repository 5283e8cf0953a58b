/** An amount with its currency; null where Stripe has not said both. */
export function moneyIfSaid(
  amountMinor: bigint | null,
  currency: string | null,
): { readonly amountMinor: bigint; readonly currency: string } | null {
  return amountMinor === null || currency === null ? null : { amountMinor, currency };
}
