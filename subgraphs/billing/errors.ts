import { DomainError } from '#subgraphs/shared/errors/errors.ts';

/** The connection that is to be used was disconnected, or never belonged to this workspace. */
export class ConnectionInactiveError extends DomainError {
  readonly code = 'CONNECTION_INACTIVE';

  constructor(connectionId: string) {
    super(`The Stripe connection ${connectionId} is not active. Connect the account again.`);
  }
}

/** The invoice is settled, or was never owed: there is nothing to collect with a new card. */
export class InvoiceNotCollectableError extends DomainError {
  readonly code = 'INVOICE_NOT_COLLECTABLE';

  constructor(invoiceId: string) {
    super(`The invoice ${invoiceId} belongs to no customer that could pay it. Check it in Stripe.`);
  }
}

/** A Checkout Session of another customer: its card must not be used for this invoice. */
export class ForeignCardSetupError extends DomainError {
  readonly code = 'FOREIGN_CARD_SETUP';

  constructor(sessionId: string) {
    super(`The card setup ${sessionId} was made for another customer. Open the payment link again.`);
  }
}
