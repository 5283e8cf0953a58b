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

const SUCCESS = 'http://shop.test/done?session={CHECKOUT_SESSION_ID}';
const open = (
  stripe: Stripe,
  customer: string,
  rest: Partial<Stripe.Checkout.SessionCreateParams> = {},
): Promise<Stripe.Checkout.Session> =>
  stripe.checkout.sessions.create({
    mode: 'setup',
    currency: 'eur',
    customer,
    success_url: SUCCESS,
    cancel_url: 'http://shop.test/back',
    ...rest,
  });
const submit = (url: string, number: string, rest: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ number, exp: '12 / 34', cvc: '123', name: 'Ada Iyer', ...rest }),
  });

describe('the hosted page', () => {
  it('asks for a card with labelled fields and no script, and lets one go back', async () => {
    const stripe = sandbox.newAccount();
    const customer = await stripe.customers.create({ name: '<b>Ada</b>', email: 'ada@example.com' });
    const session = await open(stripe, customer.id);
    expect(session).toMatchObject({
      status: 'open',
      mode: 'setup',
      payment_status: 'no_payment_required',
      customer: customer.id,
    });
    const html = await (await fetch(session.url!)).text();
    for (const [field, hint] of [
      ['number', 'cc-number'],
      ['exp', 'cc-exp'],
      ['cvc', 'cc-csc'],
      ['name', 'cc-name'],
    ] as const) {
      expect(html).toContain(`<label for="${field}">`);
      expect(html).toMatch(new RegExp(`id="${field}"[^>]*autocomplete="${hint}"`));
    }
    expect(html).toContain('name="viewport"');
    expect(html).toContain('href="http://shop.test/back"');
    expect(html).not.toContain('<script');
    expect(html).not.toContain('role="alert"');
    expect(html).not.toContain('<b>Ada</b>');
  });

  it('saves the card of a failed renewal, so that the invoice can be paid', async () => {
    const stripe = sandbox.newAccount();
    const { customer, clock, subscription } = await subscribe(stripe);
    await breakCard(stripe, customer.id);
    await advance(stripe, clock.id, RENEWAL + 2 * HOUR);
    const session = await open(stripe, customer.id, { metadata: { case: 'c1' }, client_reference_id: 'ref' });
    const response = await submit(session.url!, '4242 4242 4242 4242');
    expect([response.status, response.headers.get('location')]).toEqual([
      303,
      `http://shop.test/done?session=${session.id}`,
    ]);
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['setup_intent.payment_method'] });
    const method = (done.setup_intent as Stripe.SetupIntent).payment_method as Stripe.PaymentMethod;
    expect(done).toMatchObject({
      status: 'complete',
      url: null,
      metadata: { case: 'c1' },
      setup_intent: { status: 'succeeded' },
    });
    expect(method).toMatchObject({
      customer: customer.id,
      created: RENEWAL + 2 * HOUR,
      card: { last4: '4242', exp_month: 12, exp_year: 2034 },
      billing_details: { name: 'Ada Iyer' },
    });
    const types = (await stripe.events.list({ limit: 3 })).data;
    expect(types.map((event) => event.type)).toEqual([
      'checkout.session.completed',
      'setup_intent.succeeded',
      'payment_method.attached',
    ]);
    expect(types.map((event) => event.request?.id)).toEqual([null, null, null]);
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
    expect((await stripe.invoices.pay((await newestInvoice(stripe, customer.id)).id)).status).toBe('paid');
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  });

  it.each([
    { number: '4000000000009995', rest: {}, told: 'Your card has insufficient funds.' },
    { number: '4000000000000069', rest: {}, told: 'Your card has expired.' },
    { number: '4242424242424241', rest: {}, told: 'Your card number is incorrect.' },
    { number: '4242424242424242', rest: { exp: '13/34' }, told: 'expiration month is invalid' },
    { number: '4242424242424242', rest: { exp: '01/20' }, told: 'expiration year is invalid' },
    { number: '4242424242424242', rest: { cvc: '1' }, told: 'security code is invalid' },
  ])('tells about $number $rest and takes another card', async ({ number, rest, told }) => {
    const stripe = sandbox.newAccount();
    const customer = await stripe.customers.create({});
    const session = await open(stripe, customer.id);
    const refused = await submit(session.url!, number, rest);
    const html = await refused.text();
    expect(refused.status).toBe(402);
    expect(html).toContain('role="alert"');
    expect(html.replaceAll('&#39;', "'")).toContain(told);
    expect(html).not.toContain(number);
    expect((await stripe.customers.listPaymentMethods(customer.id)).data).toEqual([]);
    expect((await submit(session.url!, '4242424242424242')).status).toBe(303);
  });

  it('asks the bank when the card wants it, and saves the card only if the customer passes', async () => {
    const stripe = sandbox.newAccount();
    const customer = await stripe.customers.create({});
    const session = await open(stripe, customer.id);
    const first = await submit(session.url!, '4000002500003155');
    expect(first.headers.get('location')).toBe(`/c/pay/${session.id}/authenticate`);
    const answer = (result: string): Promise<Response> =>
      fetch(`${session.url!}/authenticate`, {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ result }),
      });
    expect(await (await fetch(`${session.url!}/authenticate`)).text()).toContain('3155');
    expect((await answer('fail')).status).toBe(402);
    expect((await stripe.customers.listPaymentMethods(customer.id)).data).toEqual([]);
    await submit(session.url!, '4000002500003155');
    expect((await answer('complete')).status).toBe(303);
    expect((await stripe.customers.listPaymentMethods(customer.id)).data).toHaveLength(1);
  });

  it('saves one card when the form is sent twice', async () => {
    const stripe = sandbox.newAccount();
    const customer = await stripe.customers.create({});
    const session = await open(stripe, customer.id);
    const answers = await Promise.all([
      submit(session.url!, '4242424242424242'),
      submit(session.url!, '4242424242424242'),
    ]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 303]);
    expect((await stripe.customers.listPaymentMethods(customer.id)).data).toHaveLength(1);
    expect(await (await fetch(session.url!)).text()).toContain('Your card is saved');
  });

  it('says so when it has expired, by hand or by time', async () => {
    const stripe = sandbox.newAccount();
    const { customer, clock } = await subscribe(stripe);
    const [byHand, byTime] = [
      await open(stripe, customer.id),
      await open(stripe, customer.id, { expires_at: START + HOUR }),
    ];
    expect(await stripe.checkout.sessions.expire(byHand.id)).toMatchObject({ status: 'expired', url: null });
    await advance(stripe, clock.id, START + DAY);
    expect(await (await fetch(byTime.url!)).text()).toContain('This page has expired');
    expect((await submit(byTime.url!, '4242424242424242')).status).toBe(200);
    expect((await stripe.customers.listPaymentMethods(customer.id)).data).toHaveLength(1);
    expect((await stripe.events.list({ type: 'checkout.session.expired' })).data).toHaveLength(2);
    expect(await refusal(stripe.checkout.sessions.expire(byTime.id))).toMatchObject({ statusCode: 400 });
    expect((await fetch(`${sandbox.url}/c/pay/cs_test_unknown`)).status).toBe(404);
  });

  it('stands beside an index that shows accounts, invoices and test cards', async () => {
    const stripe = sandbox.newAccount();
    const { customer } = await subscribe(stripe);
    const html = await (await fetch(sandbox.url)).text();
    for (const shown of [
      '4242 4242 4242 4242',
      'pm_card_chargeCustomerFail',
      (await newestInvoice(stripe, customer.id)).number!,
      '€147.00',
    ])
      expect(html).toContain(shown);
  });
});
