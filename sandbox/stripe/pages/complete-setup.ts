/** What the hosted page does with a card: everything in one transaction, so that a reload or a crash never saves it twice. */
import { failSetup, confirmSetup } from '../operations/confirm-setup.ts';
import { storeCard } from '../operations/attach-payment-method.ts';
import { checkCard } from '../operations/payment-methods.ts';
import type { CheckoutSession, SetupIntent } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

export interface CardForm {
  readonly number: string;
  readonly exp: string;
  readonly cvc: string;
  readonly name: string;
}
export type PageOutcome =
  { readonly next: 'done' | 'authenticate' } | { readonly next: 'declined'; readonly message: string };

export async function submitCard(work: UnitOfWork, session: CheckoutSession, form: CardForm): Promise<PageOutcome> {
  const intent = await work.get('setup_intent', session.setup_intent ?? '');
  const at = await work.nowOfCustomer(session.customer);
  const [month, year] = form.exp
    .split(/[^\d]+/)
    .filter((part) => part !== '')
    .flatMap((part) => (part.length === 4 && form.exp.trim() === part ? [part.slice(0, 2), part.slice(2)] : [part]));
  // the customer reads the expiry against the calendar on the wall
  const card = checkCard(
    {
      number: form.number,
      exp_month: Number(month ?? 0),
      exp_year: year === undefined ? undefined : Number(year),
      cvc: form.cvc,
    },
    work.wallNow(),
  );
  const customer = session.customer ? await work.find('customer', session.customer) : null;
  const method = await storeCard(work, card, at, {
    billing: { name: form.name || null, email: customer?.email ?? session.customer_email },
  });
  const outcome = await confirmSetup(work, intent, method, at);
  if (outcome.outcome === 'declined') return { next: 'declined', message: outcome.decline.message };
  if (outcome.outcome === 'requires_action') return { next: 'authenticate' };
  await complete(work, session, at);
  return { next: 'done' };
}

export async function answerAuthentication(
  work: UnitOfWork,
  session: CheckoutSession,
  passed: boolean,
): Promise<PageOutcome> {
  const intent: SetupIntent = await work.get('setup_intent', session.setup_intent ?? '');
  const method = intent.payment_method ? await work.find('payment_method', intent.payment_method) : null;
  if (intent.status !== 'requires_action' || !method)
    return { next: 'declined', message: 'Please enter your card again.' };
  const at = await work.nowOfCustomer(session.customer);
  if (!passed) {
    const message =
      'We are unable to authenticate your payment method. Please choose a different payment method and try again.';
    await failSetup(
      work,
      intent,
      method,
      { code: 'setup_intent_authentication_failure', declineCode: '', message, advice: null },
      at,
    );
    return { next: 'declined', message };
  }
  await confirmSetup(work, intent, method, at, true);
  await complete(work, session, at);
  return { next: 'done' };
}

async function complete(work: UnitOfWork, session: CheckoutSession, at: number): Promise<void> {
  const done = await work.put('checkout.session', { ...session, status: 'complete', url: null });
  await work.announce('checkout.session.completed', done, at);
}
