import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { refusal, START, startTestSandbox, subscribe, type TestSandbox } from './harness.ts';

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(async () => {
  await sandbox.close();
});

describe('accounts', () => {
  it('are opened by any key, one per letters, with live and test data apart', async () => {
    const test = sandbox.newAccount();
    const { clientOf } = await import('./harness.ts');
    const letters = 'sharedletters';
    const [inTest, inLive] = [clientOf(sandbox.url, `sk_test_${letters}`), clientOf(sandbox.url, `rk_live_${letters}`)];
    const customer = await inTest.customers.create({ name: 'Only in test' });
    expect(customer.livemode).toBe(false);
    expect((await inTest.accounts.retrieveCurrent()).id).toBe((await inLive.accounts.retrieveCurrent()).id);
    expect((await test.accounts.retrieveCurrent()).id).not.toBe((await inTest.accounts.retrieveCurrent()).id);
    expect(await refusal(inLive.customers.retrieve(customer.id))).toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
    });
    expect(await refusal(test.customers.retrieve(customer.id))).toMatchObject({
      statusCode: 404,
      message: `No such customer: '${customer.id}'`,
    });
    expect((await inLive.customers.create({})).livemode).toBe(true);
  });
});

describe('customers', () => {
  it('are created, changed field by field, and stay readable as deleted', async () => {
    const stripe = sandbox.newAccount();
    const customer = await stripe.customers.create({
      name: 'Ünïcode ✓',
      email: 'a@example.com',
      metadata: { crm: '1', keep: 'x' },
      address: { line1: '1 Mill St', country: 'GB' },
    });
    const changed = await stripe.customers.update(customer.id, { email: '', metadata: { crm: '', more: 'y' } });
    expect(changed).toMatchObject({
      name: 'Ünïcode ✓',
      email: null,
      metadata: { keep: 'x', more: 'y' },
      address: { line1: '1 Mill St', city: null, country: 'GB' },
    });
    const [event] = (await stripe.events.list({ type: 'customer.updated' })).data;
    expect(event?.data.previous_attributes).toEqual({ email: 'a@example.com', metadata: { crm: '1', more: null } });
    expect(await stripe.customers.del(customer.id)).toEqual(
      expect.objectContaining({ id: customer.id, deleted: true }),
    );
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ id: customer.id, deleted: true });
    expect((await stripe.customers.list()).data).toEqual([]);
    expect(await refusal(stripe.customers.update(customer.id, { name: 'x' }))).toMatchObject({ statusCode: 404 });
  });

  it('announce nothing when an update changes nothing', async () => {
    const stripe = sandbox.newAccount();
    const customer = await stripe.customers.create({ name: 'Same' });
    await stripe.customers.update(customer.id, { name: 'Same' });
    expect((await stripe.events.list({ type: 'customer.updated' })).data).toEqual([]);
  });
});

describe('the catalogue', () => {
  it('keeps products and prices, with decimals as the SDK wants them', async () => {
    const stripe = sandbox.newAccount();
    const product = await stripe.products.create({
      name: 'Team',
      default_price_data: { currency: 'usd', unit_amount: 900, recurring: { interval: 'month' } },
    });
    expect(product.default_price).toMatch(/^price_/);
    const price = await stripe.prices.create({
      product: product.id,
      currency: 'USD',
      unit_amount: 4900,
      recurring: { interval: 'year', interval_count: 2 },
      lookup_key: 'team-2y',
      nickname: 'Two years',
    });
    expect(price).toMatchObject({
      currency: 'usd',
      type: 'recurring',
      recurring: { interval: 'year', interval_count: 2 },
      lookup_key: 'team-2y',
    });
    expect(price.unit_amount_decimal?.toString()).toBe('4900');
    expect(await stripe.prices.update(price.id, { active: false })).toMatchObject({ active: false });
    expect(await stripe.products.update(product.id, { name: 'Team+', active: false })).toMatchObject({
      name: 'Team+',
      active: false,
    });
    expect((await stripe.products.list({ active: true })).data).toEqual([]);
    expect(
      (await stripe.prices.list({ active: true, product: product.id })).data.map((one) => one.unit_amount),
    ).toEqual([900]);
    expect((await stripe.prices.list({ lookup_keys: ['team-2y'] })).data.map((one) => one.id)).toEqual([price.id]);
    expect((await stripe.products.list({ ids: [product.id] })).data).toHaveLength(1);
  });
});

describe('payment methods', () => {
  it('are made from a number, attached, listed and detached', async () => {
    const stripe = sandbox.newAccount();
    const customer = await stripe.customers.create({});
    const method = await stripe.paymentMethods.create({
      type: 'card',
      card: { number: '5555555555554444', exp_month: 4, exp_year: 2031, cvc: '123' },
      billing_details: { name: 'Ada' },
    });
    expect(method).toMatchObject({
      customer: null,
      card: { brand: 'mastercard', last4: '4444', exp_month: 4, exp_year: 2031 },
      billing_details: { name: 'Ada' },
    });
    await stripe.paymentMethods.attach(method.id, { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
    expect(
      (await stripe.paymentMethods.list({ customer: customer.id, type: 'card' })).data.map((one) => one.id),
    ).toEqual([method.id]);
    expect((await stripe.customers.listPaymentMethods(customer.id)).data.map((one) => one.id)).toEqual([method.id]);
    expect((await stripe.paymentMethods.detach(method.id)).customer).toBeNull();
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({
      invoice_settings: { default_payment_method: null },
    });
    expect((await stripe.customers.listPaymentMethods(customer.id)).data).toEqual([]);
    expect(await refusal(stripe.paymentMethods.detach(method.id))).toMatchObject({ statusCode: 400 });
  });

  it('of one number share a fingerprint', async () => {
    const stripe = sandbox.newAccount();
    const customer = await stripe.customers.create({});
    const [one, two] = [
      await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id }),
      await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id }),
    ];
    expect(one.id).not.toBe(two.id);
    expect(one.card?.fingerprint).toBe(two.card?.fingerprint);
  });

  it.each([
    { number: '4242424242424241', code: 'incorrect_number', at: 'create' },
    { number: '4000000000009995', code: 'card_declined', at: 'attach' },
    { number: '4000000000000069', code: 'expired_card', at: 'attach' },
    { number: '4000000000000127', code: 'incorrect_cvc', at: 'attach' },
  ])('$number is refused at $at with $code', async ({ number, code, at }) => {
    const stripe = sandbox.newAccount();
    const create = stripe.paymentMethods.create({
      type: 'card',
      card: { number, exp_month: 1, exp_year: 2034, cvc: '123' },
    });
    if (at === 'create') {
      expect(await refusal(create)).toMatchObject({ statusCode: 402, type: 'StripeCardError', code });
      return;
    }
    const customer = await stripe.customers.create({});
    expect(await refusal(stripe.paymentMethods.attach((await create).id, { customer: customer.id }))).toMatchObject({
      statusCode: 402,
      code,
    });
    expect((await stripe.customers.listPaymentMethods(customer.id)).data).toEqual([]);
  });
});

describe('setup intents', () => {
  it('attach the card when confirmed, and ask for another one when it is refused', async () => {
    const stripe = sandbox.newAccount();
    const customer = await stripe.customers.create({});
    const intent = await stripe.setupIntents.create({ customer: customer.id, allowed_payment_method_types: ['card'] });
    expect(intent.status).toBe('requires_payment_method');
    const error = await refusal(
      stripe.setupIntents.confirm(intent.id, { payment_method: 'pm_card_visa_chargeDeclined' }),
    );
    expect(error).toMatchObject({
      statusCode: 402,
      decline_code: 'generic_decline',
      setup_intent: { status: 'requires_payment_method' },
    });
    expect(await stripe.setupIntents.retrieve(intent.id)).toMatchObject({
      status: 'requires_payment_method',
      last_setup_error: { code: 'card_declined' },
    });
    expect(await stripe.setupIntents.confirm(intent.id, { payment_method: 'pm_card_visa' })).toMatchObject({
      status: 'succeeded',
      last_setup_error: null,
    });
    expect((await stripe.customers.listPaymentMethods(customer.id)).data).toHaveLength(1);
    expect((await stripe.setupIntents.list({ customer: customer.id })).data.map((one) => one.id)).toEqual([intent.id]);
    expect(await refusal(stripe.setupIntents.confirm(intent.id))).toMatchObject({
      code: 'setup_intent_unexpected_state',
    });
  });
});

describe('subscriptions', () => {
  it('are listed by status and canceled at once', async () => {
    const stripe = sandbox.newAccount();
    const { subscription, customer } = await subscribe(stripe);
    expect(
      (await stripe.subscriptionItems.list({ subscription: subscription.id })).data.map((item) => item.quantity),
    ).toEqual([3]);
    const canceled = await stripe.subscriptions.cancel(subscription.id, {
      cancellation_details: { comment: 'too dear' },
    });
    expect(canceled).toMatchObject({
      status: 'canceled',
      ended_at: START,
      cancellation_details: { comment: 'too dear', reason: 'cancellation_requested' },
    });
    expect((await stripe.subscriptions.list({ customer: customer.id })).data).toEqual([]);
    for (const status of ['all', 'canceled', 'ended'] as const)
      expect((await stripe.subscriptions.list({ customer: customer.id, status })).data).toHaveLength(1);
  });

  it('swap items, keep the others, and tell what was before', async () => {
    const stripe = sandbox.newAccount();
    const { subscription, price } = await subscribe(stripe);
    const other = await stripe.prices.create({
      product: price.product as string,
      currency: 'eur',
      unit_amount: 100,
      recurring: { interval: 'month' },
    });
    const [item] = subscription.items.data;
    const changed = await stripe.subscriptions.update(subscription.id, {
      items: [{ id: item!.id, quantity: 5 }, { price: other.id }],
      metadata: { plan: 'big' },
    });
    expect(changed.items.data.map((one) => [one.price.id, one.quantity])).toEqual([
      [price.id, 5],
      [other.id, 1],
    ]);
    const [event] = (await stripe.events.list({ type: 'customer.subscription.updated' })).data;
    expect(event?.data.previous_attributes).toMatchObject({
      items: { data: [{ quantity: 3 }] },
      metadata: { plan: null },
    });
  });
});

describe('test clocks', () => {
  it('only move forward, one move at a time, and take their customers with them when deleted', async () => {
    const stripe = sandbox.newAccount();
    const { clock, customer, subscription } = await subscribe(stripe);
    expect(await refusal(stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: START }))).toMatchObject({
      statusCode: 400,
      param: 'frozen_time',
    });
    expect((await stripe.testHelpers.testClocks.list()).data.map((one) => one.id)).toEqual([clock.id]);
    await stripe.testHelpers.testClocks.del(clock.id);
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ deleted: true });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled');
  });
});

describe('expansion', () => {
  it('replaces ids by objects, through lists and several levels', async () => {
    const stripe = sandbox.newAccount();
    const { customer } = await subscribe(stripe);
    const list = await stripe.subscriptions.list({
      customer: customer.id,
      expand: ['data.customer', 'data.latest_invoice.payments', 'data.items.data.price.product'],
    });
    expect(list.data[0]).toMatchObject({
      customer: { name: 'Ada Iyer' },
      latest_invoice: { payments: { data: [{ status: 'paid' }] } },
      items: { data: [{ price: { product: { name: 'Team' } } }] },
    });
    expect(await refusal(stripe.customers.retrieve(customer.id, { expand: ['nonsense'] }))).toMatchObject({
      statusCode: 400,
      message: 'This property cannot be expanded (nonsense).',
    });
  });
});
