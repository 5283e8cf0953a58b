import { z } from 'zod';
import { attemptPayment } from '../billing/attempt-payment.ts';
import { createInvoice } from '../billing/create-invoice.ts';
import { finalizeInvoice } from '../billing/finalize-invoice.ts';
import { nextPeriodEnd } from '../billing/periods.ts';
import { invalid } from '../http/errors.ts';
import { clearable, flag, list, mergedMetadata, metadata, positive, text } from '../http/parameters.ts';
import { buildSubscription } from '../objects/subscription.ts';
import type { Customer, Invoice, Price, Subscription } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { cardError } from './attach-payment-method.ts';
import { createPrice } from './prices.ts';

const recurring = z.strictObject({
  interval: z.enum(['day', 'week', 'month', 'year']),
  interval_count: positive.optional(),
});
export const itemShape = z.strictObject({
  price: text.optional(),
  quantity: positive.optional(),
  metadata: metadata.optional(),
  price_data: z.strictObject({ currency: text, product: text, unit_amount: positive, recurring }).optional(),
});
export const createShape = z.strictObject({
  customer: text,
  items: list(itemShape),
  default_payment_method: text.optional(),
  metadata: metadata.optional(),
  description: clearable.optional(),
  collection_method: z.enum(['charge_automatically']).optional(),
  currency: text.optional(),
  off_session: flag.optional(),
  payment_behavior: z.enum(['allow_incomplete', 'default_incomplete', 'error_if_incomplete']).optional(),
  cancel_at_period_end: flag.optional(),
  cancel_at: positive.optional(),
  trial_period_days: positive.optional(),
  trial_end: z.union([z.literal('now'), positive]).optional(),
  payment_settings: z
    .strictObject({
      payment_method_types: list(text).optional(),
      save_default_payment_method: z.enum(['off', 'on_subscription']).optional(),
    })
    .optional(),
});
type Input = z.output<typeof createShape>;
const DAY_S = 86_400;

export async function createSubscription(work: UnitOfWork, input: Input): Promise<object> {
  const customer = await work.customerOf(input.customer);
  const at = await work.nowOfCustomer(customer.id);
  const method = await defaultMethod(work, input.default_payment_method, customer);
  const behavior = input.payment_behavior ?? 'allow_incomplete';
  const prepared = await build(work, input, customer, at);
  const subscription = await work.insert('subscription', prepared, {});
  const trialing = subscription.status === 'trialing';
  if (!trialing && !method && behavior !== 'default_incomplete' && amountOf(subscription) > 0) throw noMethod();

  const draft = await createInvoice(work, {
    subscription,
    reason: 'subscription_create',
    periodStart: at,
    periodEnd: at,
    at,
    finalizesAt: null,
  });
  const created = await work.put('subscription', { ...subscription, latest_invoice: draft.id });
  await work.announce('customer.subscription.created', created, at);
  await work.announce('invoice.created', draft, at);
  const invoice = await finalizeInvoice(work, draft, at);
  if (invoice.status === 'open' && behavior !== 'default_incomplete') await collectFirst(work, invoice, at, behavior);
  return work.get('subscription', subscription.id);
}

async function collectFirst(
  work: UnitOfWork,
  invoice: Invoice,
  at: number,
  behavior: 'allow_incomplete' | 'error_if_incomplete',
): Promise<void> {
  const attempt = await attemptPayment(work, invoice, at);
  // refused outright: the transaction's work is undone, so no subscription stays behind
  if (attempt.outcome === 'declined' && behavior === 'error_if_incomplete')
    throw cardError(attempt.decline, attempt.method, { charge: attempt.charge.id });
}

async function build(work: UnitOfWork, input: Input, customer: Customer, at: number): Promise<Subscription> {
  const items = await itemsOf(work, input);
  const first = items[0]?.price;
  if (!first?.recurring) throw invalid('Missing required param: items.', { code: 'parameter_missing', param: 'items' });
  const trialEnd =
    typeof input.trial_end === 'number'
      ? input.trial_end
      : input.trial_period_days
        ? at + input.trial_period_days * DAY_S
        : null;
  const periodEnd = trialEnd ?? nextPeriodEnd(at, first.recurring, at);
  const fields: Partial<Subscription> = {
    metadata: mergedMetadata(null, input.metadata),
    default_payment_method: input.default_payment_method ?? null,
  };
  if (input.description !== undefined) fields.description = input.description;
  if (input.cancel_at_period_end)
    Object.assign(fields, { cancel_at_period_end: true, cancel_at: periodEnd, canceled_at: at });
  if (input.cancel_at !== undefined) fields.cancel_at = input.cancel_at;
  if (trialEnd !== null)
    Object.assign(fields, { status: 'trialing', trial_start: at, trial_end: trialEnd, billing_cycle_anchor: trialEnd });
  if (input.payment_settings) {
    fields.payment_settings = {
      payment_method_options: null,
      payment_method_types: input.payment_settings.payment_method_types ?? null,
      save_default_payment_method: input.payment_settings.save_default_payment_method ?? 'off',
    };
  }
  return buildSubscription({
    created: at,
    livemode: work.scope.livemode,
    customer: customer.id,
    currency: first.currency,
    testClock: customer.test_clock ?? null,
    items,
    periodEnd,
    fields,
  });
}

async function itemsOf(
  work: UnitOfWork,
  input: Input,
): Promise<{ price: Price; quantity: number; metadata: Record<string, string> }[]> {
  const items = [];
  for (const [index, item] of input.items.entries()) {
    const param = `items[${String(index)}][price]`;
    const price = item.price_data
      ? await createPrice(work, item.price_data)
      : await work.get('price', item.price ?? '', param);
    if (!price.recurring)
      throw invalid(
        'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
        { param },
      );
    if (!price.active)
      throw invalid(`The price specified is inactive. This field only accepts active prices.`, { param });
    items.push({ price, quantity: item.quantity ?? 1, metadata: mergedMetadata(null, item.metadata) });
  }
  return items;
}

export async function defaultMethod(
  work: UnitOfWork,
  id: string | undefined,
  customer: Customer,
): Promise<string | null> {
  if (id === undefined) return customer.invoice_settings.default_payment_method;
  const method = await work.find('payment_method', id);
  if (method?.customer !== customer.id) {
    throw invalid(
      `The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`,
      { code: 'resource_missing', param: 'default_payment_method' },
    );
  }
  return id;
}

const amountOf = (subscription: Subscription): number =>
  subscription.items.data.reduce((sum, item) => sum + (item.price.unit_amount ?? 0) * (item.quantity ?? 1), 0);

function noMethod(): Error {
  return invalid(
    'This customer has no attached payment source or default payment method. Please consider adding a default payment method.',
    { code: 'resource_missing' },
  );
}
