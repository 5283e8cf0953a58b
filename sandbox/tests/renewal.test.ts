import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import {
  advance,
  breakCard,
  DAY,
  HOUR,
  newestInvoice,
  refusal,
  RENEWAL,
  START,
  startTestSandbox,
  subscribe,
  type TestSandbox,
} from './harness.ts';

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(async () => {
  await sandbox.close();
});

/** Types in the order in which they happened, since the last time. */
async function eventsSince(stripe: Stripe, after: Stripe.Event | null): Promise<Stripe.Event[]> {
  const events = await stripe.events.list({ limit: 100, ...(after ? { ending_before: after.id } : {}) });
  return events.data.reverse();
}
const newestEvent = async (stripe: Stripe): Promise<Stripe.Event> => (await stripe.events.list({ limit: 1 })).data[0]!;
const failedRenewal = async (
  stripe: Stripe,
): Promise<{ customerId: string; clockId: string; subscriptionId: string; before: Stripe.Event; broken: string }> => {
  const { customer, clock, subscription } = await subscribe(stripe);
  const broken = await breakCard(stripe, customer.id);
  const before = await newestEvent(stripe);
  await advance(stripe, clock.id, RENEWAL + 2 * HOUR);
  return { customerId: customer.id, clockId: clock.id, subscriptionId: subscription.id, before, broken: broken.id };
};
const post = (path: string, body: object): Promise<Response> =>
  fetch(`${sandbox.url}/__sandbox/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('a subscription', () => {
  it('is active and its first invoice paid when the card is good', async () => {
    const stripe = sandbox.newAccount();
    const { subscription, customer } = await subscribe(stripe);
    expect(subscription).toMatchObject({ status: 'active', created: START, currency: 'eur' });
    expect(subscription.items.data[0]).toMatchObject({
      current_period_start: START,
      current_period_end: RENEWAL,
      quantity: 3,
    });
    expect(await newestInvoice(stripe, customer.id)).toMatchObject({
      status: 'paid',
      amount_paid: 14_700,
      billing_reason: 'subscription_create',
      created: START,
    });
  });

  it('is incomplete when the first charge is refused, and given up after 23 hours', async () => {
    const stripe = sandbox.newAccount();
    const { subscription, customer, clock } = await subscribe(stripe, 'pm_card_chargeCustomerFail');
    expect(subscription.status).toBe('incomplete');
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ delinquent: false });
    await advance(stripe, clock.id, START + DAY);
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('incomplete_expired');
    expect((await newestInvoice(stripe, customer.id)).status).toBe('void');
  });

  it('leaves nothing behind when an error was asked for instead of an incomplete subscription', async () => {
    const stripe = sandbox.newAccount();
    const { customer, price } = await subscribe(stripe);
    await breakCard(stripe, customer.id);
    const error = await refusal(
      stripe.subscriptions.create({
        customer: customer.id,
        items: [{ price: price.id }],
        payment_behavior: 'error_if_incomplete',
      }),
    );
    expect(error).toMatchObject({ statusCode: 402, decline_code: 'insufficient_funds' });
    expect((await stripe.subscriptions.list({ customer: customer.id })).data).toHaveLength(1);
  });

  it('renews month after month, on the 31st again after February', async () => {
    const stripe = sandbox.newAccount();
    const { subscription, clock, customer } = await subscribe(stripe);
    await advance(stripe, clock.id, Date.UTC(2026, 3, 1) / 1000);
    const renewed = await stripe.subscriptions.retrieve(subscription.id);
    expect(renewed.items.data[0]).toMatchObject({
      current_period_start: Date.UTC(2026, 2, 31, 12) / 1000,
      current_period_end: Date.UTC(2026, 3, 30, 12) / 1000,
    });
    const invoices = await stripe.invoices.list({ customer: customer.id });
    expect(invoices.data.map((invoice) => [invoice.status, invoice.created])).toEqual([
      ['paid', Date.UTC(2026, 2, 31, 12) / 1000],
      ['paid', RENEWAL],
      ['paid', START],
    ]);
  });

  it('ends instead of renewing when it was canceled at the end of the period', async () => {
    const stripe = sandbox.newAccount();
    const { subscription, clock } = await subscribe(stripe);
    await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    await advance(stripe, clock.id, RENEWAL + HOUR);
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      status: 'canceled',
      ended_at: RENEWAL,
    });
    expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(1);
  });

  it('bills nothing during a trial and the full price after it', async () => {
    const stripe = sandbox.newAccount();
    const { customer, price, clock } = await subscribe(stripe);
    const trial = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      trial_period_days: 14,
    });
    expect(trial).toMatchObject({ status: 'trialing', trial_end: START + 14 * DAY });
    await advance(stripe, clock.id, START + 15 * DAY);
    expect((await stripe.subscriptions.retrieve(trial.id)).status).toBe('active');
    expect((await stripe.invoices.list({ subscription: trial.id })).data.map((invoice) => invoice.amount_paid)).toEqual(
      [4900, 0],
    );
  });
});

describe('a renewal', () => {
  it('stays a draft for an hour', async () => {
    const stripe = sandbox.newAccount();
    const { clock, customer } = await subscribe(stripe);
    await advance(stripe, clock.id, RENEWAL + HOUR - 1);
    expect(await newestInvoice(stripe, customer.id)).toMatchObject({
      status: 'draft',
      automatically_finalizes_at: RENEWAL + HOUR,
      attempt_count: 0,
    });
    await advance(stripe, clock.id, RENEWAL + HOUR);
    expect(await newestInvoice(stripe, customer.id)).toMatchObject({
      status: 'paid',
      status_transitions: { finalized_at: RENEWAL + HOUR, paid_at: RENEWAL + HOUR },
    });
  });

  it('that fails is announced in the order of Stripe, at simulated times, by nobody', async () => {
    const stripe = sandbox.newAccount();
    const { before } = await failedRenewal(stripe);
    const events = await eventsSince(stripe, before);
    expect(events.map((event) => [event.type, event.created - RENEWAL])).toEqual([
      ['test_helpers.test_clock.advancing', START - RENEWAL],
      ['customer.subscription.updated', 0],
      ['invoice.created', 0],
      ['invoice.finalized', HOUR],
      ['invoice.updated', HOUR],
      ['payment_intent.created', HOUR],
      ['charge.failed', HOUR],
      ['payment_intent.payment_failed', HOUR],
      ['invoice.payment_failed', HOUR],
      ['invoice.updated', HOUR],
      ['customer.subscription.updated', HOUR],
      ['customer.updated', HOUR],
      ['test_helpers.test_clock.ready', 2 * HOUR],
    ]);
    expect(events.slice(1).map((event) => event.request)).toEqual(
      events.slice(1).map(() => ({ id: null, idempotency_key: null })),
    );
    expect(events.map((event) => event.data.previous_attributes !== undefined)).toEqual(
      events.map((event) => event.type.endsWith('.updated')),
    );
    expect(events[10]?.data).toMatchObject({
      object: { status: 'past_due' },
      previous_attributes: { status: 'active' },
    });
    expect(events[11]?.data).toMatchObject({
      object: { delinquent: true },
      previous_attributes: { delinquent: false },
    });
  });

  it('that fails says why: on the charge, on the payment intent, on the invoice', async () => {
    const stripe = sandbox.newAccount();
    const { customerId, clockId } = await failedRenewal(stripe);
    const invoice = await stripe.invoices.retrieve((await newestInvoice(stripe, customerId)).id, {
      expand: ['payments.data.payment.payment_intent.latest_charge'],
    });
    expect(invoice).toMatchObject({
      status: 'open',
      attempt_count: 1,
      attempted: true,
      amount_remaining: 14_700,
      next_payment_attempt: null,
      test_clock: clockId,
    });
    const intent = invoice.payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent;
    expect(intent).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'card_declined', decline_code: 'insufficient_funds', advice_code: 'try_again_later' },
    });
    expect(intent.latest_charge).toMatchObject({
      status: 'failed',
      paid: false,
      failure_code: 'card_declined',
      outcome: {
        type: 'issuer_declined',
        reason: 'insufficient_funds',
        network_decline_code: '51',
        advice_code: 'try_again_later',
      },
    });
  });

  it('charges the card of the subscription before the card of the customer', async () => {
    const stripe = sandbox.newAccount();
    const { customer, subscription, clock } = await subscribe(stripe);
    const good = await stripe.paymentMethods.attach('pm_card_mastercard', { customer: customer.id });
    await breakCard(stripe, customer.id);
    await stripe.subscriptions.update(subscription.id, { default_payment_method: good.id });
    await advance(stripe, clock.id, RENEWAL + HOUR);
    const [charge] = (await stripe.charges.list({ customer: customer.id })).data;
    expect(charge).toMatchObject({ status: 'succeeded', payment_method: good.id });
  });

  it('is tried again by itself only when the account says so', async () => {
    const stripe = sandbox.newAccount();
    const { id: account } = await stripe.accounts.retrieveCurrent();
    await post(`accounts/${account}/settings`, { retries: [3, 5] });
    const { customerId, clockId } = await failedRenewal(stripe);
    const failedAt = RENEWAL + HOUR;
    expect((await newestInvoice(stripe, customerId)).next_payment_attempt).toBe(failedAt + 3 * DAY);
    await advance(stripe, clockId, failedAt + 4 * DAY);
    expect(await newestInvoice(stripe, customerId)).toMatchObject({
      attempt_count: 2,
      next_payment_attempt: failedAt + 8 * DAY,
    });
    await advance(stripe, clockId, failedAt + 20 * DAY);
    expect(await newestInvoice(stripe, customerId)).toMatchObject({
      attempt_count: 3,
      next_payment_attempt: null,
      status: 'open',
    });
  });

  it('fails with the reason that was set for a card whose bank has changed its mind', async () => {
    const stripe = sandbox.newAccount();
    const { id: account } = await stripe.accounts.retrieveCurrent();
    const { customer, clock } = await subscribe(stripe);
    const [card] = (await stripe.customers.listPaymentMethods(customer.id)).data;
    const declineWith = (declines: string | null): Promise<Response> =>
      post(`accounts/${account}/payment_methods/${card!.id}`, { declines });
    expect((await declineWith('lost_card')).status).toBe(200);
    await advance(stripe, clock.id, RENEWAL + HOUR);
    const [charge] = (await stripe.charges.list({ customer: customer.id, limit: 1 })).data;
    expect(charge?.outcome).toMatchObject({ reason: 'lost_card', advice_code: 'do_not_try_again' });
    await declineWith(null);
    expect((await stripe.invoices.pay((await newestInvoice(stripe, customer.id)).id)).status).toBe('paid');
  });
});

describe('paying an open invoice', () => {
  it('with a new card settles it, revives the subscription and clears the customer', async () => {
    const stripe = sandbox.newAccount();
    const { customerId, subscriptionId } = await failedRenewal(stripe);
    const { id } = await newestInvoice(stripe, customerId);
    const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: customerId });
    const before = await newestEvent(stripe);
    const paid = await stripe.invoices.pay(id, { payment_method: good.id }, { idempotencyKey: `pay-${id}` });
    expect(paid).toMatchObject({
      status: 'paid',
      attempt_count: 2,
      amount_paid: 14_700,
      status_transitions: { paid_at: RENEWAL + 2 * HOUR },
    });
    const events = await eventsSince(stripe, before);
    expect(events.map((event) => event.type)).toEqual([
      'charge.succeeded',
      'payment_intent.succeeded',
      'invoice.updated',
      'invoice.paid',
      'invoice.payment_succeeded',
      'invoice_payment.paid',
      'customer.subscription.updated',
      'customer.updated',
    ]);
    expect(new Set(events.map((event) => event.request?.idempotency_key))).toEqual(new Set([`pay-${id}`]));
    expect((await stripe.subscriptions.retrieve(subscriptionId)).status).toBe('active');
    expect(await stripe.customers.retrieve(customerId)).toMatchObject({ delinquent: false });
    expect((await stripe.paymentIntents.list({ customer: customerId })).data).toHaveLength(2);
  });

  it('with a refused card answers 402 and keeps what happened, under the same payment intent', async () => {
    const stripe = sandbox.newAccount();
    const { customerId } = await failedRenewal(stripe);
    const { id } = await newestInvoice(stripe, customerId);
    const error = await refusal(stripe.invoices.pay(id));
    expect(error).toMatchObject({
      statusCode: 402,
      type: 'StripeCardError',
      code: 'card_declined',
      decline_code: 'insufficient_funds',
      advice_code: 'try_again_later',
    });
    expect(error.payment_intent).toMatchObject({ status: 'requires_payment_method' });
    expect(await newestInvoice(stripe, customerId)).toMatchObject({ attempt_count: 2, status: 'open' });
    expect((await stripe.charges.list({ customer: customerId })).data.map((charge) => charge.status)).toEqual([
      'failed',
      'failed',
      'succeeded',
    ]);
    expect((await stripe.paymentIntents.list({ customer: customerId })).data).toHaveLength(2);
  });

  it('is refused once it is paid, and once it is void', async () => {
    const stripe = sandbox.newAccount();
    const paid = await failedRenewal(stripe);
    const { id } = await newestInvoice(stripe, paid.customerId);
    await stripe.invoices.pay(id, { paid_out_of_band: true });
    expect(await refusal(stripe.invoices.pay(id))).toMatchObject({
      statusCode: 400,
      code: 'invoice_already_paid',
      message: 'Invoice is already paid',
    });
    const other = await failedRenewal(stripe);
    const voided = await stripe.invoices.voidInvoice((await newestInvoice(stripe, other.customerId)).id);
    expect(voided).toMatchObject({ status: 'void', status_transitions: { voided_at: RENEWAL + 2 * HOUR } });
    expect(await refusal(stripe.invoices.pay(voided.id))).toMatchObject({
      statusCode: 400,
      code: 'invoice_not_payable',
    });
    expect(await refusal(stripe.invoices.voidInvoice(voided.id))).toMatchObject({ statusCode: 400 });
  });

  it('charges the card named on the invoice first', async () => {
    const stripe = sandbox.newAccount();
    const { customerId } = await failedRenewal(stripe);
    const { id } = await newestInvoice(stripe, customerId);
    const good = await stripe.paymentMethods.attach('pm_card_mastercard', { customer: customerId });
    const changed = await stripe.invoices.update(id, { default_payment_method: good.id });
    expect(changed.default_payment_method).toBe(good.id);
    expect((await stripe.invoices.pay(id, { off_session: true })).status).toBe('paid');
    expect((await stripe.charges.list({ customer: customerId, limit: 1 })).data[0]).toMatchObject({
      payment_method: good.id,
    });
    expect(await refusal(stripe.invoices.update(id, { description: 'late' }))).toMatchObject({ statusCode: 400 });
  });

  it('outside of Stripe makes no charge and cancels the payment that waited', async () => {
    const stripe = sandbox.newAccount();
    const { customerId, subscriptionId } = await failedRenewal(stripe);
    const { id } = await newestInvoice(stripe, customerId);
    expect(await stripe.invoices.pay(id, { paid_out_of_band: true })).toMatchObject({
      status: 'paid',
      amount_paid: 0,
      amount_remaining: 0,
    });
    expect(
      (await stripe.charges.list({ customer: customerId })).data.filter((charge) => charge.status === 'succeeded'),
    ).toHaveLength(1);
    expect((await stripe.paymentIntents.list({ customer: customerId })).data[0]?.status).toBe('canceled');
    expect((await stripe.subscriptions.retrieve(subscriptionId)).status).toBe('active');
  });

  it('with the card of another customer is refused before anything happens', async () => {
    const stripe = sandbox.newAccount();
    const { customerId } = await failedRenewal(stripe);
    const stranger = await stripe.customers.create({ payment_method: 'pm_card_visa' });
    const [method] = (await stripe.customers.listPaymentMethods(stranger.id)).data;
    const { id } = await newestInvoice(stripe, customerId);
    expect(await refusal(stripe.invoices.pay(id, { payment_method: method!.id }))).toMatchObject({
      statusCode: 400,
      param: 'payment_method',
    });
    expect((await newestInvoice(stripe, customerId)).attempt_count).toBe(1);
  });

  it('by two at once charges once', async () => {
    const stripe = sandbox.newAccount();
    const { customerId } = await failedRenewal(stripe);
    const { id } = await newestInvoice(stripe, customerId);
    const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: customerId });
    const results = await Promise.allSettled([1, 2, 3].map(() => stripe.invoices.pay(id, { payment_method: good.id })));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    const { id: account } = await stripe.accounts.retrieveCurrent();
    const state = (await (await fetch(`${sandbox.url}/__sandbox/state/${account}`)).json()) as {
      charges_by_invoice: Record<string, number>;
    };
    expect(state.charges_by_invoice[id]).toBe(1);
  });
});
