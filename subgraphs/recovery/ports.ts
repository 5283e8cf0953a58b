import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';

export type RetryOutcome =
  | { readonly result: 'PAID' }
  | { readonly result: 'DECLINED'; readonly declineCode: string | null; readonly adviceCode?: string | null }
  | { readonly result: 'NOT_PAYABLE'; readonly reason: 'PAID' | 'VOID' | 'UNCOLLECTIBLE' | 'OTHER' };

export interface InvoiceFacts {
  readonly invoiceId: string;
  readonly number: string | null;
  /** Stripe's word, in either case: only `open` can be paid. */
  readonly status: string;
  readonly amountDueMinor: bigint;
  readonly amountRemainingMinor: bigint;
  readonly currency: string;
  readonly customerId: string;
  readonly customerName: string | null;
  readonly customerEmail: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly customerCountry: string | null;
  /** BCP 47. */
  readonly preferredLocale: string | null;
  /** Empty when the provider does not say. */
  readonly merchantName: string;
  readonly livemode: boolean;
  /** The card that was declined last, as far as it may be shown: `visa`, `0341`. */
  readonly failedCard?: { readonly brand: string; readonly last4: string } | null;
}

/** What recovery asks of billing. All of it may use the network: never inside a transaction. */
export interface PaymentsPort {
  /** Null for an invoice that billing does not know. */
  invoiceFacts(ctx: UseCaseContext, invoiceId: string): Promise<InvoiceFacts | null>;
  /**
   * Collects the invoice now with the payment method on file. A decline is an outcome.
   * @throws {ProviderUnavailableError} when nobody knows whether it went through; then ask lookupRetry.
   */
  retryInvoice(ctx: UseCaseContext, request: { invoiceId: string; idempotencyKey: string }): Promise<RetryOutcome>;
  /** What became of a retry with this key; never pays. `since` is an instant before it was sent. */
  lookupRetry(
    ctx: UseCaseContext,
    request: { invoiceId: string; idempotencyKey: string; since: Date },
  ): Promise<{ sent: true; outcome: RetryOutcome } | { sent: false }>;
  /** A hosted page on which the invoice's customer saves a card. The same key gives the same page. */
  openCardSetup(
    ctx: UseCaseContext,
    request: { invoiceId: string; idempotencyKey: string; successUrl: string; cancelUrl: string },
  ): Promise<{ url: string; sessionId: string }>;
  readCardSetup(ctx: UseCaseContext, request: { invoiceId: string; sessionId: string }): Promise<CardSetup>;
  /** Writes the card to the very field that the failed payment used. Idempotent. */
  replaceFailedPaymentMethod(
    ctx: UseCaseContext,
    request: { invoiceId: string; paymentMethodStripeId: string; idempotencyKey: string },
  ): Promise<void>;
}

export interface CardSetup {
  readonly status: 'OPEN' | 'COMPLETE' | 'EXPIRED';
  readonly paymentMethodStripeId: string | null;
}
