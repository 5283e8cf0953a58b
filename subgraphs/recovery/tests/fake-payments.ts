import { ProviderUnavailableError } from '#subgraphs/shared/errors/errors.ts';
import type { CardSetup, InvoiceFacts, PaymentsPort, RetryOutcome } from '../ports.ts';

/** Billing's port in memory, idempotent by key like the real one. The whole story over the provider's protocol is tested elsewhere. */
export interface FakePayments extends PaymentsPort {
  openCardSetup: PaymentsPort['openCardSetup'];
  readonly invoices: Map<string, InvoiceFacts>;
  /** What the next retries of an invoice meet, in order; then DECLINED for insufficient funds. */
  answerWith(invoiceId: string, ...outcomes: RetryOutcome[]): void;
  /** The retries that reached the provider, each key once. */
  readonly charged: { invoiceId: string; idempotencyKey: string }[];
  readonly replaced: { invoiceId: string; paymentMethodStripeId: string }[];
  readonly sessions: Map<string, CardSetup & { successUrl: string }>;
  settle(invoiceId: string, status: 'paid' | 'void' | 'uncollectible'): void;
  completeSession(sessionId: string, paymentMethodStripeId: string): void;
  /** The next retry reaches the provider, and its answer is lost. */
  loseNextAnswer(): void;
  /** Called inside the next retry, before its answer: what happens elsewhere meanwhile. */
  during(happens: () => Promise<void>): void;
}

const DECLINED: RetryOutcome = { result: 'DECLINED', declineCode: 'insufficient_funds' };
const unavailable = (): Error => new ProviderUnavailableError('stripe', 'The connection broke.');

export function createFakePayments(): FakePayments {
  const invoices = new Map<string, InvoiceFacts>();
  const sessions = new Map<string, CardSetup & { successUrl: string }>();
  const answers = new Map<string, RetryOutcome>();
  const outcomes = new Map<string, RetryOutcome[]>();
  const charged: { invoiceId: string; idempotencyKey: string }[] = [];
  const replaced: { invoiceId: string; paymentMethodStripeId: string }[] = [];
  let losesAnswer = false;
  let meanwhile: (() => Promise<void>) | undefined;

  return {
    invoices,
    answerWith: (invoiceId, ...next) => {
      outcomes.set(invoiceId, next);
    },
    charged,
    replaced,
    sessions,
    settle: (invoiceId, status) => {
      const facts = invoices.get(invoiceId);
      if (facts) invoices.set(invoiceId, { ...facts, status });
    },
    completeSession: (sessionId, paymentMethodStripeId) => {
      const session = sessions.get(sessionId);
      if (session) sessions.set(sessionId, { ...session, status: 'COMPLETE', paymentMethodStripeId });
    },
    loseNextAnswer: () => {
      losesAnswer = true;
    },
    during: (happens) => {
      meanwhile = happens;
    },

    invoiceFacts: (ctx, invoiceId) => Promise.resolve(invoices.get(invoiceId) ?? null),
    retryInvoice: async (_ctx, { invoiceId, idempotencyKey }) => {
      const known = answers.get(idempotencyKey);
      if (known) return known;
      const outcome = outcomes.get(invoiceId)?.shift() ?? DECLINED;
      answers.set(idempotencyKey, outcome);
      charged.push({ invoiceId, idempotencyKey });
      const happens = meanwhile;
      meanwhile = undefined;
      await happens?.();
      if (losesAnswer) {
        losesAnswer = false;
        throw unavailable();
      }
      return outcome;
    },
    lookupRetry: (_ctx, { idempotencyKey }) => {
      const outcome = answers.get(idempotencyKey);
      return Promise.resolve(outcome ? { sent: true, outcome } : { sent: false });
    },
    openCardSetup: (_ctx, { idempotencyKey, successUrl }) => {
      const sessionId = `cs_${idempotencyKey}`;
      if (!sessions.has(sessionId))
        sessions.set(sessionId, { status: 'OPEN', paymentMethodStripeId: null, successUrl });
      return Promise.resolve({ url: `https://checkout.example/c/${sessionId}`, sessionId });
    },
    readCardSetup: (_ctx, { sessionId }) => {
      const session = sessions.get(sessionId);
      if (!session) throw unavailable();
      return Promise.resolve(session);
    },
    replaceFailedPaymentMethod: (_ctx, { invoiceId, paymentMethodStripeId }) => {
      replaced.push({ invoiceId, paymentMethodStripeId });
      return Promise.resolve();
    },
  };
}
