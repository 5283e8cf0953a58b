import { z } from 'zod';
import { cardOfAlias, hasValidChecksum } from '../cards/test-cards.ts';
import { invalid, refused, StripeError } from '../http/errors.ts';
import { operation, type Operation } from '../http/operation.ts';
import { listOperation } from '../http/paginate.ts';
import { address, clearable, mergedMetadata, metadata, positive, text } from '../http/parameters.ts';
import type { PaymentMethod } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { attachMethod, expiryYear, methodForAttaching, storeCard, type CardInput } from './attach-payment-method.ts';

const billing = z.strictObject({
  address: address.optional(),
  email: clearable.optional(),
  name: clearable.optional(),
  phone: clearable.optional(),
});
const createShape = z.strictObject({
  type: z.enum(['card']),
  billing_details: billing.optional(),
  metadata: metadata.optional(),
  allow_redisplay: z.enum(['always', 'limited', 'unspecified']).optional(),
  card: z.strictObject({
    number: text.optional(),
    exp_month: positive.optional(),
    exp_year: positive.optional(),
    cvc: text.optional(),
    token: text.optional(),
  }),
});
type GivenCard = z.output<typeof createShape>['card'];

/** The card as given, or 402 in Stripe's words for what is wrong with it. Used by the hosted page too. */
export function checkCard(given: GivenCard, at: number): CardInput {
  if (given.token !== undefined) {
    const known = cardOfAlias(given.token);
    if (!known) throw invalid(`No such token: '${given.token}'`, { code: 'resource_missing', param: 'card[token]' });
    return { number: known.number, expMonth: 12, expYear: expiryYear(at), cvc: null };
  }
  const { number: spaced, exp_month: expMonth, exp_year: shortYear, cvc } = given;
  if (spaced === undefined)
    throw invalid('Missing required param: card[number].', { code: 'parameter_missing', param: 'card[number]' });
  const number = spaced.replaceAll(/[ -]/g, '');
  if (!hasValidChecksum(number)) throw wrong('incorrect_number', 'Your card number is incorrect.', 'number');
  if (expMonth === undefined || expMonth < 1 || expMonth > 12)
    throw wrong('invalid_expiry_month', "Your card's expiration month is invalid.", 'exp_month');
  if (shortYear === undefined)
    throw wrong('invalid_expiry_year', "Your card's expiration year is invalid.", 'exp_year');
  const expYear = shortYear < 100 ? 2000 + shortYear : shortYear;
  const now = new Date(at * 1000);
  const monthsLeft = (expYear - now.getUTCFullYear()) * 12 + expMonth - (now.getUTCMonth() + 1);
  if (monthsLeft < 0 || expYear > now.getUTCFullYear() + 50)
    throw wrong('invalid_expiry_year', "Your card's expiration year is invalid.", 'exp_year');
  if (cvc !== undefined && !/^\d{3,4}$/.test(cvc))
    throw wrong('invalid_cvc', "Your card's security code is invalid.", 'cvc');
  return { number, expMonth, expYear, cvc: cvc ?? null };
}

function wrong(code: string, message: string, param: string): StripeError {
  return new StripeError(402, { type: 'card_error', code, message, param }, { validation: true });
}

async function create(work: UnitOfWork, input: z.output<typeof createShape>): Promise<object> {
  const at = work.wallNow();
  const { address: where, ...contact } = input.billing_details ?? {};
  const { city = null, country = null, line1 = null, line2 = null, postal_code = null, state = null } = where ?? {};
  const details: Partial<PaymentMethod['billing_details']> = Object.fromEntries(
    Object.entries(contact).filter(([, value]) => value !== undefined),
  );
  details.address = { city, country, line1, line2, postal_code, state };
  const method = await storeCard(work, checkCard(input.card, at), at, {
    billing: details,
    metadata: mergedMetadata(null, input.metadata),
  });
  return input.allow_redisplay
    ? work.put('payment_method', { ...method, allow_redisplay: input.allow_redisplay })
    : method;
}

async function attach(work: UnitOfWork, input: { customer: string }, id: string): Promise<object> {
  await work.customerOf(input.customer);
  const at = await work.nowOfCustomer(input.customer);
  return attachMethod(work, await methodForAttaching(work, id, at), input.customer, at);
}

/** Whoever had it as default has none afterwards. */
async function detach(work: UnitOfWork, id: string): Promise<object> {
  const method = await work.get('payment_method', id);
  if (!method.customer)
    throw refused('The payment method you provided is not attached to a customer so detachment is impossible.', {
      code: 'payment_method_unexpected_state',
    });
  const at = await work.nowOfCustomer(method.customer);
  const detached = await work.put('payment_method', { ...method, customer: null });
  await work.announce('payment_method.detached', detached, at);
  for (const subscription of await work.ofCustomer('subscription', method.customer)) {
    if (subscription.default_payment_method === id)
      await work.change(
        'subscription',
        subscription,
        { default_payment_method: null },
        'customer.subscription.updated',
        at,
      );
  }
  const customer = await work.find('customer', method.customer);
  if (customer?.invoice_settings.default_payment_method === id) {
    await work.change(
      'customer',
      customer,
      { invoice_settings: { ...customer.invoice_settings, default_payment_method: null } },
      'customer.updated',
      at,
    );
  }
  return detached;
}

export const paymentMethods: readonly Operation[] = [
  operation('POST', '/v1/payment_methods', createShape, create),
  operation('GET', '/v1/payment_methods/:id', z.strictObject({}), async (work, _input, id) =>
    cardOfAlias(id) ? methodForAttaching(work, id, work.wallNow()) : work.get('payment_method', id),
  ),
  operation('POST', '/v1/payment_methods/:id/attach', z.strictObject({ customer: text }), attach),
  operation('POST', '/v1/payment_methods/:id/detach', z.strictObject({}), (work, _input, id) => detach(work, id)),
  listOperation('payment_method', '/v1/payment_methods', {
    filters: { customer: ['customer'], type: ['type'], allow_redisplay: ['allow_redisplay'] },
    withCreated: false,
  }),
];
