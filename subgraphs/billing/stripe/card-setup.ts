import type { StripeApi } from './client.ts';

export interface NewCardSetup {
  readonly customerStripeId: string;
  readonly invoiceStripeId: string;
  /** ISO 4217, of the invoice. */
  readonly currency: string;
  readonly idempotencyKey: string;
  readonly successUrl: string;
  readonly cancelUrl: string;
}

/** A page of Stripe's on which the customer enters a card that is kept for later; nothing is charged there. */
export async function createCardSetup(
  api: StripeApi,
  apiKey: string,
  setup: NewCardSetup,
): Promise<{ readonly sessionId: string; readonly url: string | null }> {
  const metadata = { oppulence_invoice: setup.invoiceStripeId };
  const session = await api.call((stripe) =>
    stripe.checkout.sessions.create(
      {
        mode: 'setup',
        customer: setup.customerStripeId,
        // Which ways to pay are offered follows from the currency and the merchant's own settings at Stripe.
        currency: setup.currency.toLowerCase(),
        success_url: setup.successUrl,
        cancel_url: setup.cancelUrl,
        metadata,
        setup_intent_data: { metadata },
      },
      { apiKey, idempotencyKey: setup.idempotencyKey },
    ),
  );
  return { sessionId: session.id, url: session.url };
}

export interface CardSetup {
  readonly status: 'OPEN' | 'COMPLETE' | 'EXPIRED';
  readonly customerStripeId: string | null;
  readonly setupIntentStripeId: string | null;
  readonly paymentMethodStripeId: string | null;
}

export async function retrieveCardSetup(api: StripeApi, apiKey: string, sessionId: string): Promise<CardSetup> {
  const session = await api.call((stripe) =>
    stripe.checkout.sessions.retrieve(sessionId, { expand: ['setup_intent'] }, { apiKey }),
  );
  const intent = typeof session.setup_intent === 'string' ? null : session.setup_intent;
  const method = intent?.payment_method ?? null;
  return {
    status: session.status === 'complete' ? 'COMPLETE' : session.status === 'expired' ? 'EXPIRED' : 'OPEN',
    customerStripeId: idOf(session.customer),
    setupIntentStripeId: idOf(session.setup_intent),
    // Known before the setup has succeeded, but of no use then.
    paymentMethodStripeId: intent?.status === 'succeeded' ? idOf(method) : null,
  };
}

function idOf(reference: string | { readonly id: string } | null): string | null {
  return typeof reference === 'string' ? reference : (reference?.id ?? null);
}
