import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProviderRefusedError, ProviderUnavailableError } from '#subgraphs/shared/errors/errors.ts';
import { MIRROR_KINDS } from '../domain/kinds.ts';
import { deleteWebhook, readAccount, registerWebhook } from '../stripe/account.ts';
import { findPayAttempt } from '../stripe/attempt-events.ts';
import { createCardSetup, retrieveCardSetup } from '../stripe/card-setup.ts';
import { createStripeApi, type StripeApi } from '../stripe/client.ts';
import { replacePaymentMethod } from '../stripe/default-payment-method.ts';
import { listObjects } from '../stripe/list-objects.ts';
import { payInvoice } from '../stripe/pay-invoice.ts';
import { readInvoiceWithPayments } from '../stripe/read-invoice.ts';
import { rawKinds } from '../stripe/raw-paths.ts';
import { canRetrieve, retrieveObject } from '../stripe/retrieve-object.ts';
import { advanceTestClock, hasUndeliveredEvents, listTestClocks } from '../stripe/test-clocks.ts';
import { mockMissing, startStripeMock, type StripeMock } from './stripe-mock.ts';

const missing = mockMissing();
if (missing !== null) console.warn(`Left out: ${missing}, so Stripe's own description of its API is not asked.`);

const KEY = 'sk_test_conformance';
// The description was made from Stripe's SDK, which names no way to an account by its id although the API has one.
const RAW_KINDS = rawKinds().filter((kind) => kind !== 'account');

// Our calls against a description of Stripe's API that was not written for us.
(missing === null ? describe : describe.skip)('every call of the Stripe adapter', () => {
  let mock: StripeMock;
  let api: StripeApi;
  beforeAll(async () => {
    mock = await startStripeMock();
    api = createStripeApi({ stripeApiBase: mock.url });
  });
  afterAll(async () => {
    await mock.stop();
  });

  const invoice = (more: object): object => ({
    id: 'in_1',
    object: 'invoice',
    customer: 'cus_1',
    default_payment_method: null,
    default_source: null,
    parent: null,
    ...more,
  });

  it('is one that Stripe’s description allows, with an idempotency key on each write', async () => {
    await readAccount(api, KEY);
    // The mock's fixture of an endpoint is one that was read, not made: the secret is shown only then.
    await mock.plan({
      match: 'POST /v1/webhook_endpoints',
      body: { id: 'we_1', object: 'webhook_endpoint', secret: 'whsec_x' },
    });
    await registerWebhook(api, KEY, { url: 'https://example.com/hook', idempotencyKey: 'k-hook' });
    await deleteWebhook(api, KEY, 'we_1');
    await readInvoiceWithPayments(api, KEY, 'in_1');
    await payInvoice(api, KEY, { stripeId: 'in_1', idempotencyKey: 'k-pay' });
    await findPayAttempt(api, KEY, { invoiceStripeId: 'in_1', idempotencyKey: 'k-pay', since: new Date() });
    await createCardSetup(api, KEY, {
      customerStripeId: 'cus_1',
      invoiceStripeId: 'in_1',
      currency: 'EUR',
      idempotencyKey: 'k-setup',
      successUrl: 'https://example.com/?s={CHECKOUT_SESSION_ID}',
      cancelUrl: 'https://example.com/',
    });
    await retrieveCardSetup(api, KEY, 'cs_1');
    const replace = { invoiceStripeId: 'in_1', paymentMethodStripeId: 'pm_new' };
    await mock.plan({
      match: 'GET /v1/invoices/{id}',
      body: invoice({
        default_payment_method: 'pm_old',
        parent: { type: 'subscription_details', subscription_details: { subscription: 'sub_1' } },
      }),
    });
    await mock.plan({
      match: 'GET /v1/subscriptions/{id}',
      body: { id: 'sub_1', object: 'subscription', status: 'past_due', default_payment_method: 'pm_old' },
    });
    await replacePaymentMethod(api, KEY, { ...replace, idempotencyKey: 'k-replace-1' });
    await mock.plan({ match: 'GET /v1/invoices/{id}', body: invoice({}) });
    await replacePaymentMethod(api, KEY, { ...replace, idempotencyKey: 'k-replace-2' });
    await listTestClocks(api, KEY);
    await mock.plan({
      match: 'GET /v1/test_helpers/test_clocks/{id}',
      body: { id: 'clock_1', object: 'test_helpers.test_clock', status: 'ready', frozen_time: 2 },
    });
    await advanceTestClock(api, KEY, { id: 'clock_1', frozenAt: new Date(0), ready: true }, new Date(2_000));
    await hasUndeliveredEvents(api, KEY, new Date());

    const refused = mock.calls().filter(({ verdict }) => !['ok', 'planned', 'replayed'].includes(verdict));
    expect(refused).toEqual([]);
    expect(mock.calls().filter(({ warnings }) => warnings !== undefined)).toEqual([]);
    const writes = new Set(
      mock
        .calls()
        .filter(({ method }) => method === 'POST')
        .map(({ op }) => op),
    );
    expect(writes.size).toBe(7);
  });

  const refusedOf = (): unknown[] =>
    mock.calls().filter(({ verdict, warnings }) => !/^(ok|planned|replayed)$/.test(verdict) || warnings !== undefined);

  it.each(MIRROR_KINDS)('reads one %s, and pages of them', async (kind) => {
    await retrieveObject(api, { apiKey: KEY }, kind, 'obj_1');
    await listObjects(api, { apiKey: KEY }, kind, { customer: 'cus_1' }, null);
    const narrowed = { customer: 'cus_1', testClock: 'clock_1', active: false, payout: 'po_1', since: 1_795_000_000 };
    await listObjects(api, { apiKey: KEY }, kind, narrowed, 'obj_1');
    expect(refusedOf()).toEqual([]);
  });

  it.each(RAW_KINDS)('reads one %s', async (kind) => {
    expect((await retrieveObject(api, { apiKey: KEY }, kind, 'obj_1')).content?.['object']).toBe(kind);
    expect(refusedOf()).toEqual([]);
  });

  it('reads all lines of an invoice of which Stripe shows the first', async () => {
    const lines = (ids: readonly string[], has_more: boolean): object => ({
      object: 'list',
      data: ids.map((id) => ({ id, object: 'line_item' })),
      has_more,
      url: '/v1/invoices/in_1/lines',
    });
    await mock.plan({ match: 'GET /v1/invoices/{id}', body: invoice({ lines: lines(['il_1'], true) }) });
    // By then the first row has gone.
    await mock.plan({ match: 'GET /v1/invoices/{id}/lines', body: lines(['il_2', 'il_3'], true) });
    await mock.plan({ match: 'GET /v1/invoices/{id}/lines', body: lines(['il_4'], false) });
    const { content, span } = await retrieveObject(api, { apiKey: KEY }, 'invoice', 'in_1');
    expect(content?.['lines']).toMatchObject({
      data: [{ id: 'il_2' }, { id: 'il_3' }, { id: 'il_4' }],
      has_more: false,
    });
    expect(span.to).toBeGreaterThanOrEqual(span.from);
  });

  it('is asked for raw kinds that Stripe gives out by their id, and for no others', async () => {
    expect(RAW_KINDS.filter((kind) => !canRetrieve(kind))).toEqual([]);
    expect(['discount', 'card', 'some_future_resource'].filter((kind) => canRetrieve(kind))).toEqual([]);
    await expect(retrieveObject(api, { apiKey: KEY }, 'discount', 'di_1')).rejects.toThrow(RangeError);
  });

  it('tells a decline from a refusal, and both from no answer', async () => {
    const pay = (idempotencyKey: string): Promise<unknown> =>
      payInvoice(api, KEY, { stripeId: 'in_1', idempotencyKey });
    const answer = (status: number, error: object, times = 1): Promise<void> =>
      mock.plan({ match: 'POST /v1/invoices/{id}/pay', status, body: { error }, times });
    await answer(402, {
      type: 'card_error',
      code: 'card_declined',
      decline_code: 'lost_card',
      advice_code: 'do_not_try_again',
      message: 'Declined.',
    });
    expect(await pay('a')).toEqual({ result: 'DECLINED', declineCode: 'lost_card', adviceCode: 'do_not_try_again' });
    await answer(402, { type: 'card_error', code: 'invoice_payment_intent_requires_action', message: 'Authenticate.' });
    expect(await pay('b')).toEqual({ result: 'DECLINED', declineCode: 'authentication_required', adviceCode: null });
    await answer(400, {
      type: 'invalid_request_error',
      code: 'invoice_already_paid',
      message: 'Invoice is already paid',
    });
    expect(await pay('c')).toEqual({ result: 'REFUSED', code: 'invoice_already_paid' });
    await answer(401, { type: 'invalid_request_error', message: 'Invalid API Key provided' });
    await expect(pay('d')).rejects.toThrow(ProviderRefusedError);
    await answer(500, { type: 'api_error', message: 'Oops' }, 3);
    await expect(pay('e')).rejects.toThrow(ProviderUnavailableError);
    await answer(429, { type: 'invalid_request_error', code: 'rate_limit', message: 'Slow down' }, 3);
    await expect(pay('f')).rejects.toThrow(ProviderUnavailableError);
  });
});

it('says that nobody knows when nothing listens', async () => {
  const api = createStripeApi({ stripeApiBase: 'http://127.0.0.1:9' });
  await expect(payInvoice(api, KEY, { stripeId: 'in_1', idempotencyKey: 'x' })).rejects.toThrow(
    ProviderUnavailableError,
  );
});
