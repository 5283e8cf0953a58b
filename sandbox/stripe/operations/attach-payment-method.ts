/** Saving a card to a customer. The card network is asked first, so a card that is refused is not saved. */
import { declineOnAttach, cardOfAlias, cardOfNumber } from '../cards/test-cards.ts';
import type { Decline } from '../cards/declines.ts';
import { NotFound, refused, StripeError } from '../http/errors.ts';
import { buildCard } from '../objects/payment-method.ts';
import type { PaymentMethod } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

export interface CardInput {
  readonly number: string;
  readonly expMonth: number;
  readonly expYear: number;
  readonly cvc: string | null;
}

export async function storeCard(
  work: UnitOfWork,
  card: CardInput,
  at: number,
  rest: { billing?: Partial<PaymentMethod['billing_details']>; metadata?: Record<string, string> } = {},
): Promise<PaymentMethod> {
  const { number, expMonth, expYear, cvc } = card;
  const method = buildCard({
    created: at,
    livemode: work.scope.livemode,
    number,
    expMonth,
    expYear,
    cvcGiven: cvc !== null,
    ...rest,
  });
  return work.insert('payment_method', method, { number, authenticated: false, cvc, declines: null });
}

/** A stored payment method; `pm_card_visa` and its like stand for a new card each time. */
export async function methodForAttaching(work: UnitOfWork, id: string, at: number): Promise<PaymentMethod> {
  const known = cardOfAlias(id);
  if (known) return storeCard(work, { number: known.number, expMonth: 12, expYear: expiryYear(at), cvc: null }, at);
  const method = await work.find('payment_method', id);
  if (!method) throw new NotFound('payment_method', id, 'payment_method');
  return method;
}

/** Test cards expire a few years after now, whatever the test clock says. */
export const expiryYear = (at: number): number => new Date(at * 1000).getUTCFullYear() + 4;

export async function attachMethod(
  work: UnitOfWork,
  method: PaymentMethod,
  customerId: string,
  at: number,
  options: { announce: boolean; param?: string } = { announce: true },
): Promise<PaymentMethod> {
  if (method.customer === customerId) return method;
  if (method.customer)
    throw refused('The payment method you provided has already been attached to a customer.', {
      code: 'payment_method_unexpected_state',
    });
  const hidden = await work.hidden('payment_method', method.id);
  const decline = hidden ? declineOnAttach(hidden.number) : null;
  if (decline) throw cardError(decline, method);
  const attached = await saveTo(work, method, customerId);
  if (options.announce) await work.announce('payment_method.attached', attached, at);
  return attached;
}

export async function saveTo(work: UnitOfWork, method: PaymentMethod, customerId: string): Promise<PaymentMethod> {
  const card = method.card && {
    ...method.card,
    checks: {
      address_line1_check: null,
      address_postal_code_check: method.card.checks?.address_postal_code_check ?? null,
      cvc_check: 'pass',
    },
  };
  return work.put('payment_method', { ...method, customer: customerId, ...(card ? { card } : {}) });
}

/** 402 with everything Stripe tells about a refusal. */
export function cardError(
  decline: Decline,
  method: PaymentMethod | null,
  extra: Partial<StripeError['body']> = {},
  keep = false,
): StripeError {
  return new StripeError(
    402,
    {
      type: 'card_error',
      code: decline.code,
      decline_code: decline.declineCode,
      message: decline.message,
      ...(decline.advice ? { advice_code: decline.advice } : {}),
      ...(decline.networkCode ? { network_decline_code: decline.networkCode } : {}),
      ...(method ? { payment_method: method } : {}),
      ...extra,
    },
    { keep },
  );
}

export const needsCustomer = (number: string): boolean => cardOfNumber(number)?.authentication !== undefined;
