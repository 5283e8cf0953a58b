/** What an issuer's refusal looks like: the error code, what the customer is told, and the advice that comes with it. */
export interface Decline {
  readonly code: string;
  readonly declineCode: string;
  readonly message: string;
  readonly advice: 'confirm_card_data' | 'do_not_try_again' | 'try_again_later' | null;
  readonly networkCode: string | null;
  readonly blocked: boolean;
}

const DECLINED = 'Your card was declined.';
type Row = readonly [code: string, message: string, advice: Decline['advice'], networkCode: string | null];
const ROWS: Record<string, Row> = {
  generic_decline: ['card_declined', DECLINED, 'try_again_later', '05'],
  insufficient_funds: ['card_declined', 'Your card has insufficient funds.', 'try_again_later', '51'],
  lost_card: ['card_declined', DECLINED, 'do_not_try_again', '41'],
  stolen_card: ['card_declined', DECLINED, 'do_not_try_again', '43'],
  card_velocity_exceeded: [
    'card_declined',
    'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
    'try_again_later',
    '65',
  ],
  do_not_honor: ['card_declined', DECLINED, 'try_again_later', '05'],
  fraudulent: ['card_declined', DECLINED, 'do_not_try_again', null],
  authentication_required: [
    'authentication_required',
    'Your card was declined. This transaction requires authentication.',
    null,
    '1A',
  ],
  expired_card: ['expired_card', 'Your card has expired.', 'do_not_try_again', '54'],
  incorrect_cvc: ['incorrect_cvc', "Your card's security code is incorrect.", 'confirm_card_data', 'N7'],
  processing_error: [
    'processing_error',
    'An error occurred while processing your card. Try again in a little bit.',
    'try_again_later',
    '96',
  ],
  testmode_decline: [
    'card_declined',
    'Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test cards, visit: https://stripe.com/docs/testing.',
    null,
    null,
  ],
};

/** Any decline code of Stripe's is allowed; one without a row of its own reads like a plain decline. */
export function declineOf(declineCode: string): Decline {
  const [code, message, advice, networkCode] = ROWS[declineCode] ?? [
    'card_declined',
    DECLINED,
    'try_again_later',
    '05',
  ];
  return { code, declineCode, message, advice, networkCode, blocked: declineCode === 'fraudulent' };
}
