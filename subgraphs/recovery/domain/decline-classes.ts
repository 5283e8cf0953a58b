/**
 * What a decline means for the next attempt, as data. Sources: Stripe's decline codes, Visa's and Mastercard's retry rules (as of
 * 2026-11). Precedence: network advice, then Stripe's advice, then the decline code; what nobody knows is SOFT_UNKNOWN with a small cap.
 */
export const DECLINE_CLASSES = [
  'HARD_STOP',
  'NEEDS_CUSTOMER',
  'SOFT_FUNDS',
  'SOFT_TECH',
  'SOFT_UNKNOWN',
  'POLICY',
] as const;
export type DeclineClass = (typeof DECLINE_CLASSES)[number];

const CODES: Record<DeclineClass, readonly string[]> = {
  // Never the same credential again; only another payment method helps.
  HARD_STOP: [
    'do_not_try_again',
    'fraudulent',
    'highest_risk_level',
    'incorrect_number',
    'invalid_account',
    'invalid_number',
    'lost_card',
    'merchant_blacklist',
    'not_permitted',
    'pickup_card',
    'restricted_card',
    'revocation_of_all_authorizations',
    'revocation_of_authorization',
    'security_violation',
    'stolen_card',
    'stop_payment_order',
    'transaction_not_allowed',
  ],
  // The customer has to do something: authenticate, correct a field, call the bank.
  NEEDS_CUSTOMER: [
    'authentication_not_handled',
    'authentication_required',
    'call_issuer',
    'card_not_supported',
    'currency_not_supported',
    'expired_card',
    'incorrect_address',
    'incorrect_cvc',
    'incorrect_pin',
    'incorrect_zip',
    'invalid_cvc',
    'invalid_expiry_month',
    'invalid_expiry_year',
    'invalid_pin',
    'mobile_device_authentication_required',
    'new_account_information_available',
    'offline_pin_required',
    'online_or_offline_pin_required',
    'pin_try_exceeded',
  ],
  SOFT_FUNDS: ['card_velocity_exceeded', 'insufficient_funds', 'withdrawal_count_limit_exceeded'],
  SOFT_TECH: ['approve_with_id', 'issuer_not_available', 'processing_error', 'reenter_transaction', 'try_again_later'],
  SOFT_UNKNOWN: [
    'do_not_honor',
    'generic_decline',
    'no_action_taken',
    'partner_generic_decline',
    'service_not_allowed',
  ],
  // Not the customer's problem: the merchant's rules or integration refused.
  POLICY: ['duplicate_transaction', 'invalid_amount', 'testmode_decline'],
};

const CLASS_OF_CODE: ReadonlyMap<string, DeclineClass> = new Map(
  DECLINE_CLASSES.flatMap((declineClass) => CODES[declineClass].map((code) => [code, declineClass] as const)),
);

// Visa's category 1 ("issuer will never approve"). Stripe passes the code without the brand; the same ISO numbers mean a dead
// credential on the other networks too, and where they don't, stopping is the side that costs no fee.
const NETWORK_NEVER = new Set(['04', '07', '12', '14', '15', '41', '43', '46', '57', 'R0', 'R1', 'R3']);

// Mastercard's merchant advice codes. 24-30 name a wait, which is a floor for the next attempt.
const MERCHANT_ADVICE: ReadonlyMap<string, { declineClass: DeclineClass; waitHours?: number }> = new Map([
  ['01', { declineClass: 'NEEDS_CUSTOMER' as const }],
  ['02', { declineClass: 'SOFT_FUNDS' as const }],
  ['03', { declineClass: 'HARD_STOP' as const }],
  ['21', { declineClass: 'HARD_STOP' as const }],
  ['24', { declineClass: 'SOFT_FUNDS' as const, waitHours: 1 }],
  ['25', { declineClass: 'SOFT_FUNDS' as const, waitHours: 24 }],
  ['26', { declineClass: 'SOFT_FUNDS' as const, waitHours: 2 * 24 }],
  ['27', { declineClass: 'SOFT_FUNDS' as const, waitHours: 4 * 24 }],
  ['28', { declineClass: 'SOFT_FUNDS' as const, waitHours: 6 * 24 }],
  ['29', { declineClass: 'SOFT_FUNDS' as const, waitHours: 8 * 24 }],
  ['30', { declineClass: 'SOFT_FUNDS' as const, waitHours: 10 * 24 }],
]);

/** Provider words about one decline; all optional, because banks often say little. */
export interface DeclineFacts {
  readonly declineCode: string | null;
  readonly adviceCode?: string | null | undefined;
  readonly networkDeclineCode?: string | null | undefined;
  readonly networkAdviceCode?: string | null | undefined;
}

export interface Classification {
  readonly declineClass: DeclineClass;
  /** Hours that the card network asks to wait at least before the next attempt; 0 when it asks nothing. */
  readonly waitHours: number;
}

/** @returns the class listed for a code, or null for one that the table does not know. */
export function classOfCode(declineCode: string): DeclineClass | null {
  return CLASS_OF_CODE.get(declineCode) ?? null;
}

export function classifyDecline(facts: DeclineFacts): Classification {
  const advice = facts.networkAdviceCode ? MERCHANT_ADVICE.get(facts.networkAdviceCode) : undefined;
  if (advice) return { declineClass: advice.declineClass, waitHours: advice.waitHours ?? 0 };
  if (facts.networkDeclineCode && NETWORK_NEVER.has(facts.networkDeclineCode))
    return { declineClass: 'HARD_STOP', waitHours: 0 };
  return { declineClass: byStripeAdvice(facts), waitHours: 0 };
}

function byStripeAdvice({ adviceCode, declineCode }: DeclineFacts): DeclineClass {
  const byCode = declineCode === null ? null : classOfCode(declineCode);
  if (adviceCode === 'do_not_try_again') return 'HARD_STOP';
  if (adviceCode === 'confirm_card_data') return 'NEEDS_CUSTOMER';
  if (adviceCode === 'try_again_later')
    return byCode === 'SOFT_FUNDS' || byCode === 'SOFT_TECH' ? byCode : 'SOFT_UNKNOWN';
  return byCode ?? 'SOFT_UNKNOWN';
}
