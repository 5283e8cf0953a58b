import type { ObjectKind } from '../domain/kinds.ts';

/**
 * Kinds that are kept raw, that events tell of, and that Stripe gives out by their id alone. Not `reporting.report_run`: it has a field `error`,
 * for which the SDK takes the whole answer to be one.
 */
const RETRIEVABLE: ReadonlySet<ObjectKind> = new Set([
  'account',
  'apps.install',
  'billing.alert',
  'billing.credit_balance_transaction',
  'billing.credit_grant',
  'billing.meter',
  'billing_portal.configuration',
  'checkout.session',
  'climate.order',
  'climate.product',
  'entitlements.feature',
  'file',
  'financial_connections.account',
  'identity.verification_session',
  'issuing.authorization',
  'issuing.card',
  'issuing.cardholder',
  'issuing.dispute',
  'issuing.personalization_design',
  'issuing.token',
  'issuing.transaction',
  'mandate',
  'payment_link',
  'reporting.report_type',
  'shipping_rate',
  'source',
  'terminal.reader',
  'test_helpers.test_clock',
  'three_d_secure.authentication',
  'treasury.credit_reversal',
  'treasury.debit_reversal',
  'treasury.financial_account',
  'treasury.inbound_transfer',
  'treasury.outbound_payment',
  'treasury.outbound_transfer',
  'treasury.received_credit',
  'treasury.received_debit',
]);

/** Stripe's paths follow from its words: `billing.meter` is at `/v1/billing/meters`. Null for what can't be asked for. */
export function rawPathOf(kind: ObjectKind): string | null {
  return RETRIEVABLE.has(kind) ? `/v1/${kind.replaceAll('.', '/')}s` : null;
}

/** All that can be asked for. */
export function rawKinds(): readonly ObjectKind[] {
  return [...RETRIEVABLE];
}
