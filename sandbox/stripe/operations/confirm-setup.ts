/** Saving a card for later: the issuer is asked, the card joins the customer, the intent succeeds; or the intent waits for another card. */
import { cardOfNumber, declineOnAttach } from '../cards/test-cards.ts';
import type { Decline } from '../cards/declines.ts';
import type { PaymentMethod, SetupIntent } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { saveTo } from './attach-payment-method.ts';

export type SetupOutcome =
  | { readonly outcome: 'succeeded' | 'requires_action'; readonly intent: SetupIntent }
  | { readonly outcome: 'declined'; readonly intent: SetupIntent; readonly decline: Decline };

export async function confirmSetup(
  work: UnitOfWork,
  intent: SetupIntent,
  method: PaymentMethod,
  at: number,
  authenticated = false,
): Promise<SetupOutcome> {
  const hidden = await work.hidden('payment_method', method.id);
  const number = hidden?.number ?? '';
  const decline = declineOnAttach(number);
  if (decline) return { outcome: 'declined', decline, intent: await failSetup(work, intent, method, decline, at) };
  if (cardOfNumber(number)?.authentication && !authenticated) {
    const waiting = await work.put('setup_intent', {
      ...intent,
      payment_method: method.id,
      status: 'requires_action',
      last_setup_error: null,
      next_action: { type: 'use_stripe_sdk', use_stripe_sdk: {} },
    });
    await work.announce('setup_intent.requires_action', waiting, at);
    return { outcome: 'requires_action', intent: waiting };
  }
  if (hidden && authenticated) await work.putHidden('payment_method', method.id, { ...hidden, authenticated: true });
  return { outcome: 'succeeded', intent: await succeedSetup(work, intent, method, at) };
}

async function succeedSetup(
  work: UnitOfWork,
  intent: SetupIntent,
  method: PaymentMethod,
  at: number,
): Promise<SetupIntent> {
  if (intent.customer && method.customer !== intent.customer) {
    const attached = await saveTo(work, method, intent.customer);
    await work.announce('payment_method.attached', attached, at);
  }
  const succeeded = await work.put('setup_intent', {
    ...intent,
    payment_method: method.id,
    status: 'succeeded',
    next_action: null,
    last_setup_error: null,
  });
  await work.announce('setup_intent.succeeded', succeeded, at);
  return succeeded;
}

export async function failSetup(
  work: UnitOfWork,
  intent: SetupIntent,
  method: PaymentMethod,
  decline: Pick<Decline, 'code' | 'declineCode' | 'message' | 'advice'>,
  at: number,
): Promise<SetupIntent> {
  const failed = await work.put('setup_intent', {
    ...intent,
    payment_method: null,
    status: 'requires_payment_method',
    next_action: null,
    last_setup_error: {
      ...(decline.advice ? { advice_code: decline.advice } : {}),
      code: decline.code,
      ...(decline.declineCode ? { decline_code: decline.declineCode } : {}),
      doc_url: `https://stripe.com/docs/error-codes/${decline.code.replaceAll('_', '-')}`,
      message: decline.message,
      payment_method: method,
      type: 'card_error',
    },
  });
  await work.announce('setup_intent.setup_failed', failed, at);
  return failed;
}
