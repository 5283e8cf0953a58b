import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOf, refusal, startTestSandbox, subscribe, type TestSandbox } from './harness.ts';

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(async () => {
  await sandbox.close();
});

const raw = (path: string, init: RequestInit & { key?: string } = {}): Promise<Response> => {
  const { key = 'sk_test_rawcalls', ...rest } = init;
  const headers = new Headers(rest.headers);
  if (key !== '') headers.set('authorization', `Bearer ${key}`);
  return fetch(`${sandbox.url}${path}`, { ...rest, headers });
};
const form = (body: string, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
});
const errorOf = async (response: Response): Promise<Record<string, unknown>> =>
  ((await response.json()) as { error: Record<string, unknown> }).error;

describe('lists', () => {
  it('page forwards and backwards without gaps or repeats, newest first', async () => {
    const stripe = sandbox.newAccount();
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) ids.unshift((await stripe.customers.create({ name: `C${String(i)}` })).id);
    const first = await stripe.customers.list({ limit: 3 });
    expect([first.data.map((one) => one.id), first.has_more]).toEqual([ids.slice(0, 3), true]);
    const second = await stripe.customers.list({ limit: 3, starting_after: ids[2]! });
    expect([second.data.map((one) => one.id), second.has_more]).toEqual([ids.slice(3, 6), true]);
    const back = await stripe.customers.list({ limit: 3, ending_before: ids[6]! });
    expect([back.data.map((one) => one.id), back.has_more]).toEqual([ids.slice(3, 6), true]);
    const last = await stripe.customers.list({ limit: 3, starting_after: ids[5]! });
    expect([last.data.map((one) => one.id), last.has_more]).toEqual([ids.slice(6), false]);
    const walked: string[] = [];
    for await (const one of stripe.customers.list({ limit: 2 })) walked.push(one.id);
    expect(walked).toEqual(ids);
  });

  it('filter by time and by what the resource allows', async () => {
    const stripe = sandbox.newAccount();
    await subscribe(stripe);
    const other = await stripe.customers.create({ email: 'other@example.com' });
    expect((await stripe.customers.list({ email: 'other@example.com' })).data.map((one) => one.id)).toEqual([other.id]);
    expect((await stripe.customers.list({ created: { gte: other.created } })).data.map((one) => one.id)).toEqual([
      other.id,
    ]);
    expect((await stripe.customers.list({ created: { lt: other.created } })).data).toEqual([]);
    expect((await stripe.invoices.list({ status: 'open' })).data).toEqual([]);
    expect((await stripe.charges.list({ customer: other.id })).data).toEqual([]);
  });

  it('show what lives on a test clock only to who asks for the clock, or for the customer', async () => {
    const stripe = sandbox.newAccount();
    const { customer, subscription, clock } = await subscribe(stripe);
    expect((await stripe.customers.list()).data).toEqual([]);
    expect((await stripe.subscriptions.list()).data).toEqual([]);
    expect((await stripe.customers.list({ test_clock: clock.id })).data.map((one) => one.id)).toEqual([customer.id]);
    for (const filter of [{ test_clock: clock.id }, { customer: customer.id }]) {
      expect((await stripe.subscriptions.list(filter)).data.map((one) => one.id)).toEqual([subscription.id]);
    }
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=abc', 'limit'],
    ['starting_after=cus_none', 'starting_after'],
    ['nonsense=1', 'nonsense'],
    ['created[near]=1', 'created[near]'],
  ])('refuse %s and name the parameter', async (query, param) => {
    const response = await raw(`/v1/customers?${query}`);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ type: 'invalid_request_error', param });
  });

  it('of events know types, patterns and whether delivery succeeded', async () => {
    const stripe = sandbox.newAccount();
    await subscribe(stripe);
    const types = async (query: Parameters<typeof stripe.events.list>[0]): Promise<string[]> =>
      (await stripe.events.list({ limit: 100, ...query })).data.map((event) => event.type);
    expect(await types({ types: ['charge.succeeded', 'invoice.paid'] })).toEqual(['invoice.paid', 'charge.succeeded']);
    expect(new Set(await types({ type: 'invoice.*' }))).toEqual(
      new Set(['invoice.paid', 'invoice.payment_succeeded', 'invoice.updated', 'invoice.finalized', 'invoice.created']),
    );
    expect(await types({ delivery_success: false })).toEqual([]);
    const [event] = (await stripe.events.list({ limit: 1 })).data;
    expect(await stripe.events.retrieve(event!.id)).toMatchObject({
      id: event!.id,
      api_version: '2026-10-28.endive',
      pending_webhooks: 0,
    });
    expect(await refusal(stripe.events.list({ types: Array.from({ length: 21 }, () => 'a') }))).toMatchObject({
      param: 'types',
    });
  });
});

describe('idempotency keys', () => {
  it('give the first answer again and do the work once', async () => {
    const stripe = sandbox.newAccount();
    const options = { idempotencyKey: 'create-ada' };
    const first = await stripe.customers.create({ name: 'Ada' }, options);
    const second = await stripe.customers.create({ name: 'Ada' }, options);
    expect(second.id).toBe(first.id);
    expect(second.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(second.lastResponse.headers['original-request']).toBe(first.lastResponse.requestId);
    expect((await stripe.customers.list()).data).toHaveLength(1);
    const [event] = (await stripe.events.list()).data;
    expect(event?.request).toEqual({ id: first.lastResponse.requestId, idempotency_key: 'create-ada' });
  });

  it('refuse another request', async () => {
    const stripe = sandbox.newAccount();
    await stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k' });
    expect(await refusal(stripe.customers.create({ name: 'Bob' }, { idempotencyKey: 'k' }))).toMatchObject({
      statusCode: 400,
      type: 'StripeIdempotencyError',
    });
  });

  it('keep a declined payment declined, and are free again after a request that made no sense', async () => {
    const stripe = sandbox.newAccount();
    const customer = await stripe.customers.create({});
    const attach = (): Promise<unknown> =>
      stripe.paymentMethods.attach(
        'pm_card_visa_chargeDeclined',
        { customer: customer.id },
        { idempotencyKey: 'attach' },
      );
    const [first, again] = [await refusal(attach()), await refusal(attach())];
    expect([again.statusCode, again.decline_code, again.payment_method?.id]).toEqual([
      402,
      'generic_decline',
      first.payment_method?.id,
    ]);
    await refusal(stripe.prices.create({ currency: 'usd' }, { idempotencyKey: 'p' }));
    expect(await stripe.products.create({ name: 'x' }, { idempotencyKey: 'p' })).toMatchObject({ name: 'x' });
  });

  it('let only one of two that arrive together do the work; the other repeats it or is told to wait', async () => {
    const stripe = sandbox.newAccount();
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, () => stripe.customers.create({ name: 'Once' }, { idempotencyKey: 'same' })),
    );
    for (const result of results)
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
    expect((await stripe.customers.list()).data).toHaveLength(1);
  });
});

describe('refusals', () => {
  it.each([
    ['', 'You did not provide an API key'],
    ['pk_test_abc', 'Invalid API Key provided'],
    ['nonsense', 'Invalid API Key provided'],
  ])('answer 401 to the key "%s"', async (key, message) => {
    const response = await raw('/v1/customers', { key });
    expect(response.status).toBe(401);
    expect((await errorOf(response))['message']).toContain(message);
    expect((await raw('/v1/nonsense', { key })).status).toBe(401);
  });

  it('answer 404 to URLs that are not there, and 404 with a parameter to ids that are not there', async () => {
    const unknown = await raw('/v1/topups', form('amount=1'));
    expect([unknown.status, (await errorOf(unknown))['message']]).toEqual([
      404,
      expect.stringContaining('Unrecognized request URL (POST: /v1/topups)'),
    ]);
    expect(await errorOf(await raw('/v1/customers/cus_none'))).toMatchObject({
      code: 'resource_missing',
      param: 'id',
      message: "No such customer: 'cus_none'",
    });
  });

  it.each([
    [
      '/v1/customers',
      'colour=red',
      { code: 'parameter_unknown', param: 'colour', message: 'Received unknown parameter: colour' },
    ],
    ['/v1/customers', 'invoice_settings[colour]=red', { code: 'parameter_unknown', param: 'invoice_settings[colour]' }],
    ['/v1/products', '', { code: 'parameter_missing', param: 'name', message: 'Missing required param: name.' }],
    [
      '/v1/prices',
      'currency=usd&unit_amount=12.5&product=p',
      { code: 'parameter_invalid_integer', param: 'unit_amount' },
    ],
    ['/v1/prices', 'currency=usd&unit_amount=100', { code: 'parameter_missing', param: 'product' }],
    [
      '/v1/subscriptions',
      'customer=cus_none&items[0][price]=price_none',
      { code: 'resource_missing', param: 'customer' },
    ],
    ['/v1/checkout/sessions', 'mode=payment&success_url=http://x.test', { param: 'mode' }],
    ['/v1/webhook_endpoints', 'url=ftp://x&enabled_events[0]=*', { code: 'url_invalid', param: 'url' }],
  ])('tell what is wrong with %s %s', async (path, body, expected) => {
    const response = await raw(path, form(body));
    expect([400, 404]).toContain(response.status);
    expect(await errorOf(response)).toMatchObject({ type: 'invalid_request_error', ...expected });
  });

  it('say which request it was, and in which version', async () => {
    const response = await raw('/v1/customers', form('name=x', { 'stripe-version': '2026-10-28.endive' }));
    expect(response.headers.get('request-id')).toMatch(/^req_[A-Za-z0-9]{14}$/);
    expect(response.headers.get('stripe-version')).toBe('2026-10-28.endive');
    expect(response.headers.get('date')).not.toBeNull();
  });

  it('survive JSON, rubbish and a body of two megabytes', async () => {
    const json = await raw('/v1/customers', {
      method: 'POST',
      body: '{"name":"x"}',
      headers: { 'content-type': 'application/json' },
    });
    expect(json.status).toBe(400);
    expect((await raw('/v1/customers', form('%%%=%E0%A4%A&[[[]]]=1'))).status).toBe(400);
    expect((await raw('/v1/customers', form(`name=${'x'.repeat(2_000_000)}`))).status).toBe(413);
    expect((await clientOf(sandbox.url, 'sk_test_rawcalls').customers.list({ limit: 1 })).object).toBe('list');
  });
});
