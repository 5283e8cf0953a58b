/** What moves a balance: its transactions, payouts and refunds. */
import { randomInt } from 'node:crypto';
import { letters, longId } from '../store/ids.ts';
import type { BalanceTransaction, Charge, Payout, Refund } from '../store/kinds.ts';

export interface Movement {
  readonly type: 'charge' | 'payout' | 'payout_failure' | 'refund';
  /** Negative is money that leaves. */
  readonly amount: number;
  readonly fee?: number;
  readonly currency: string;
  readonly description: string | null;
  readonly source: string;
}

/** As accounting groups them. */
const CATEGORIES = { charge: 'charge', payout: 'payout', payout_failure: 'payout_reversal', refund: 'refund' } as const;

export function buildBalanceTransaction(movement: Movement, created: number, availableOn: number): BalanceTransaction {
  const { type, amount, fee = 0, currency, description, source } = movement;
  return {
    id: longId('txn'),
    object: 'balance_transaction',
    amount,
    available_on: availableOn,
    balance_type: 'payments',
    created,
    currency,
    description,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [{ amount: fee, application: null, currency, description: 'Stripe processing fees', type: 'stripe_fee' }],
    net: amount - fee,
    reporting_category: CATEGORIES[type],
    source,
    status: availableOn <= created ? 'available' : 'pending',
    type,
  };
}

export interface NewPayout {
  readonly created: number;
  readonly livemode: boolean;
  readonly amount: number;
  readonly currency: string;
  readonly automatic: boolean;
  readonly fields?: Partial<Payout>;
}

const BANK_DAYS_S = 2 * 86_400;

export function buildPayout({ created, livemode, amount, currency, automatic, fields }: NewPayout): Payout {
  return {
    id: longId('po'),
    object: 'payout',
    amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: created + BANK_DAYS_S,
    automatic,
    balance_transaction: null,
    created,
    currency,
    description: automatic ? 'STRIPE PAYOUT' : null,
    destination: 'ba_1SandboxBankAccount00000000',
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode,
    metadata: {},
    method: 'standard',
    original_payout: null,
    payout_method: null,
    reconciliation_status: automatic ? 'in_progress' : 'not_applicable',
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: null,
    status: 'pending',
    trace_id: { status: 'pending', value: null },
    type: 'bank_account',
    ...fields,
  };
}

/** How the banks find it again. */
export const traceOf = (): Payout['trace_id'] => ({
  status: 'supported',
  value: `${String(randomInt(1e7, 1e8))}${letters(6).toUpperCase()}`,
});

export function buildRefund(charge: Charge, amount: number, created: number, fields: Partial<Refund>): Refund {
  return {
    id: longId('re'),
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: charge.id,
    created,
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: {
      card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
      type: 'card',
    },
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
    ...fields,
  };
}
