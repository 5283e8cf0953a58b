/** Stripe's test numbers, and how each of them behaves here. */
import { declineOf, type Decline } from './declines.ts';

export interface TestCard {
  readonly number: string;
  readonly brand: string;
  readonly funding: 'credit' | 'debit' | 'prepaid';
  readonly outcome: string;
  /** Refused as soon as it is saved to a customer. */
  readonly declines?: string;
  /** Saved without trouble, refused when charged; `null`: with the account's code for such cards. */
  readonly declinesAfterAttach?: string | null;
  /** `setup`: the customer authenticates once, then it works alone. `always`: every charge wants the customer. */
  readonly authentication?: 'always' | 'setup';
  /** The names Stripe's documentation gives it: `pm_card_visa`, `tok_visa`. */
  readonly alias: string;
}

export const TEST_CARDS: readonly TestCard[] = [
  card('4242424242424242', 'visa', 'Succeeds'),
  card('4000056655665556', 'visa_debit', 'Succeeds', { funding: 'debit' }),
  card('5555555555554444', 'mastercard', 'Succeeds', { brand: 'mastercard' }),
  card('378282246310005', 'amex', 'Succeeds', { brand: 'amex' }),
  card('4000000000000002', 'visa_chargeDeclined', 'Declined', { declines: 'generic_decline' }),
  card('4000000000009995', 'visa_chargeDeclinedInsufficientFunds', 'Declined: insufficient funds', {
    declines: 'insufficient_funds',
  }),
  card('4000000000009987', 'visa_chargeDeclinedLostCard', 'Declined: lost card', { declines: 'lost_card' }),
  card('4000000000009979', 'visa_chargeDeclinedStolenCard', 'Declined: stolen card', { declines: 'stolen_card' }),
  card('4000000000000069', 'chargeDeclinedExpiredCard', 'Declined: expired card', { declines: 'expired_card' }),
  card('4000000000000127', 'chargeDeclinedIncorrectCvc', 'Declined: wrong security code', {
    declines: 'incorrect_cvc',
  }),
  card('4000000000000119', 'chargeDeclinedProcessingError', 'Declined: processing error', {
    declines: 'processing_error',
  }),
  card('4000000000006975', 'visa_chargeDeclinedVelocityLimitExceeded', 'Declined: too many attempts', {
    declines: 'card_velocity_exceeded',
  }),
  card('4000000000000341', 'chargeCustomerFail', 'Is saved, then every charge is declined', {
    declinesAfterAttach: null,
  }),
  card('4000002500003155', 'authenticationRequiredOnSetup', 'Asks the customer once, then works alone', {
    authentication: 'setup',
  }),
  card('4000002760003184', 'authenticationRequired', 'Asks the customer every time', { authentication: 'always' }),
  card(
    '4000008260003178',
    'authenticationRequiredChargeDeclinedInsufficientFunds',
    'Asks the customer, then insufficient funds',
    { authentication: 'setup', declinesAfterAttach: 'insufficient_funds' },
  ),
  card('4000000000000259', 'createDispute', 'Succeeds (no dispute here)'),
  card('4000000000002685', 'createDisputeProductNotReceived', 'Succeeds (no dispute here)'),
  card('4000000000007726', 'pendingRefund', 'Succeeds (no refunds here)'),
  card('4000000000005126', 'refundFail', 'Succeeds (no refunds here)'),
  card('4100000000000019', 'radarBlock', 'Blocked: highest risk', { declines: 'fraudulent' }),
  card('4000000000000077', 'bypassPending', 'Succeeds'),
];

function card(number: string, alias: string, outcome: string, rest: Partial<TestCard> = {}): TestCard {
  return { number, alias, outcome, brand: 'visa', funding: 'credit', ...rest };
}

export const cardOfNumber = (number: string): TestCard | undefined => TEST_CARDS.find((one) => one.number === number);
/** `pm_card_visa` or `tok_visa`. */
export const cardOfAlias = (id: string): TestCard | undefined =>
  TEST_CARDS.find((one) => id === `pm_card_${one.alias}` || id === `tok_${one.alias}`);

export function hasValidChecksum(number: string): boolean {
  if (!/^\d{12,19}$/.test(number)) return false;
  const sum = Array.from(number, Number)
    .reverse()
    .reduce((total, digit, index) => {
      const value = digit * (index % 2 === 1 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}

/** What happens when this card is saved to a customer; null when all is well. A number that is not a test number is refused like at Stripe. */
export function declineOnAttach(number: string): Decline | null {
  const found = cardOfNumber(number);
  if (!found) return declineOf('testmode_decline');
  return found.declines ? declineOf(found.declines) : null;
}

export interface CardState {
  readonly number: string;
  readonly authenticated: boolean;
  readonly declines: string | null;
}

/** What happens when a saved card is charged without the customer present. */
export function declineOnCharge(state: CardState, attachedCardDeclines: string): Decline | null {
  if (state.declines) return declineOf(state.declines);
  const found = cardOfNumber(state.number);
  if (!found) return declineOf('testmode_decline');
  if (found.declines) return declineOf(found.declines);
  if (found.authentication === 'always' || (found.authentication === 'setup' && !state.authenticated))
    return declineOf('authentication_required');
  if (found.declinesAfterAttach !== undefined) return declineOf(found.declinesAfterAttach ?? attachedCardDeclines);
  return null;
}
