import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import { ProviderRefusedError } from '#subgraphs/shared/errors/errors.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { idOf } from '../stripe/normalise/fields.ts';
import { announced } from './factories.ts';
import { failRenewal, openShop, type Renewal, type Shop, startTestSandbox, subscribe } from './stripe-sandbox.ts';

let harness: Harness;
let sandbox: Awaited<ReturnType<typeof startTestSandbox>>;
beforeAll(async () => {
  harness = await createHarness({ now: new Date() });
  sandbox = await startTestSandbox();
});
afterAll(async () => {
  await sandbox.close();
  await harness.close();
});

interface Failed {
  readonly shop: Shop;
  readonly renewal: Renewal;
  readonly invoice: Stripe.Invoice;
  readonly invoiceId: string;
}

async function failedRenewal(card: 'customer' | 'subscription' = 'customer'): Promise<Failed> {
  const shop = await openShop(harness, sandbox.url);
  const renewal = await subscribe(shop, { card });
  const invoice = await failRenewal(shop, renewal);
  await shop.hear();
  return { shop, renewal, invoice, invoiceId: idOf('invoice', invoice.id, shop) };
}

/** A card that works, kept for the customer as hosted Checkout would leave it. */
const goodCard = async ({ shop, renewal }: Failed): Promise<string> =>
  (await shop.stripe.paymentMethods.attach('pm_card_mastercard', { customer: renewal.customer })).id;

describe('a failed renewal', () => {
  it('is announced once with its reason, however its events are shuffled and doubled', async () => {
    const shop = await openShop(harness, sandbox.url);
    const renewal = await subscribe(shop);
    const before = await shop.newEvents();
    const invoice = await failRenewal(shop, renewal);
    const events = await shop.newEvents();
    await shop.hear([...before, ...events.toReversed(), ...events]);
    const invoiceId = idOf('invoice', invoice.id, shop);
    expect(await announced(harness, shop.workspaceId, 'billing.invoice.payment_failed')).toMatchObject([
      { invoiceId, attemptCount: 1, amountRemaining: { amountMinor: '5800', currency: 'EUR' } },
    ]);
    expect(await announced(harness, shop.workspaceId, 'billing.payment.declined')).toMatchObject([
      {
        invoiceId,
        attemptCount: 1,
        declineCode: 'insufficient_funds',
        adviceCode: 'try_again_later',
        networkDeclineCode: '51',
        paymentMethodId: expect.stringMatching(/^pm_/),
        chargeId: expect.stringMatching(/^ch_/),
      },
    ]);
    const query = `query ($id: ID!) { invoice(id: $id) { status customer { name } subscription { status items { price { product { name } } } }
      paymentIntents { status lastDeclineCode latestCharge { status declineCode paymentMethod { last4 } } } } }`;
    const { data, errors } = await harness.run(
      shop.billing.schema,
      query,
      { id: invoiceId },
      { workspaceId: shop.workspaceId },
    );
    expect(errors).toBeUndefined();
    expect(JSON.parse(JSON.stringify(data))).toEqual({
      invoice: {
        status: 'OPEN',
        customer: { name: 'Ada Lovelace' },
        subscription: { status: 'PAST_DUE', items: [{ price: { product: { name: 'Team' } } }] },
        paymentIntents: [
          {
            status: 'REQUIRES_PAYMENT_METHOD',
            lastDeclineCode: 'insufficient_funds',
            latestCharge: { status: 'FAILED', declineCode: 'insufficient_funds', paymentMethod: { last4: '0341' } },
          },
        ],
      },
    });
  });

  it('of an invoice that Stripe does not have is announced without a reason, and is not asked about again', async () => {
    const shop = await openShop(harness, sandbox.url);
    await failRenewal(shop, await subscribe(shop));
    const failed = (await shop.newEvents()).find(({ type }) => type === 'invoice.payment_failed');
    const { object } = failed?.['data'] as { object: JsonObject };
    await shop.hear([{ ...failed, data: { object: { ...object, id: 'in_gone' } } }]);
    expect(await announced(harness, shop.workspaceId, 'billing.payment.declined')).toMatchObject([
      { invoiceId: idOf('invoice', 'in_gone', shop), attemptCount: 1, declineCode: null, paymentMethodId: null },
    ]);
  });

  it('can be written about', async () => {
    const { shop, invoiceId } = await failedRenewal();
    expect(await shop.billing.payments.invoiceFacts(harness.context(shop.workspaceId), invoiceId)).toMatchObject({
      invoiceId,
      status: 'OPEN',
      amountRemainingMinor: 5_800n,
      currency: 'EUR',
      customerName: 'Ada Lovelace',
      customerEmail: 'ada@example.com',
      failedCard: { brand: 'visa', last4: '0341' },
      livemode: false,
    });
    expect(
      await shop.billing.payments.invoiceFacts(harness.context(await harness.newWorkspace()), invoiceId),
    ).toBeNull();
  });
});

describe('trying an invoice again', () => {
  it('with the same card is declined with the reason, and repeated with the same key is the same attempt', async () => {
    const { shop, invoice, invoiceId } = await failedRenewal();
    const ctx = harness.context(shop.workspaceId);
    const call = { invoiceId, idempotencyKey: 'retry-1' };
    const declined = { result: 'DECLINED', declineCode: 'insufficient_funds', adviceCode: 'try_again_later' };
    expect(await shop.billing.payments.retryInvoice(ctx, call)).toEqual(declined);
    expect(await shop.billing.payments.retryInvoice(ctx, call)).toEqual(declined);
    const charges = await shop.stripe.charges.list({ limit: 100 });
    expect(
      charges.data.filter((charge) => charge.status === 'failed' && charge.amount === invoice.amount_due),
    ).toHaveLength(2);
  });

  it.each(['customer', 'subscription'] as const)(
    'goes through once the card that failed, the one of the %s, is replaced',
    async (card) => {
      const failed = await failedRenewal(card);
      const { shop, invoiceId, renewal } = failed;
      const ctx = harness.context(shop.workspaceId);
      const paymentMethodStripeId = await goodCard(failed);
      for (let twice = 0; twice < 2; twice++)
        await shop.billing.payments.replaceFailedPaymentMethod(ctx, {
          invoiceId,
          paymentMethodStripeId,
          idempotencyKey: 'replace-1',
        });
      const customer = (await shop.stripe.customers.retrieve(renewal.customer)) as Stripe.Customer;
      const subscription = await shop.stripe.subscriptions.retrieve(renewal.subscription);
      expect([
        customer.invoice_settings.default_payment_method === paymentMethodStripeId,
        subscription.default_payment_method === paymentMethodStripeId,
      ]).toEqual([card === 'customer', card === 'subscription']);
      expect(await shop.billing.payments.retryInvoice(ctx, { invoiceId, idempotencyKey: 'retry-2' })).toEqual({
        result: 'PAID',
      });
      await shop.hear();
      expect(await announced(harness, shop.workspaceId, 'billing.invoice.paid')).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ invoiceId, amountPaid: { amountMinor: '5800', currency: 'EUR' } }),
        ]),
      );
      expect(await shop.billing.payments.retryInvoice(ctx, { invoiceId, idempotencyKey: 'retry-3' })).toEqual({
        result: 'NOT_PAYABLE',
        reason: 'PAID',
      });
    },
  );

  it('is not payable when Stripe has settled it and we have not heard yet', async () => {
    const { shop, invoice, invoiceId } = await failedRenewal();
    await shop.stripe.invoices.voidInvoice(invoice.id);
    expect(
      await shop.billing.payments.retryInvoice(harness.context(shop.workspaceId), {
        invoiceId,
        idempotencyKey: 'retry-1',
      }),
    ).toEqual({ result: 'NOT_PAYABLE', reason: 'VOID' });
  });

  it('of which no answer came back is found by its key, and one that was never made is not', async () => {
    const failed = await failedRenewal();
    const { shop, invoiceId } = failed;
    const ctx = harness.context(shop.workspaceId);
    const since = new Date();
    const { payments } = shop.billing;
    await payments.retryInvoice(ctx, { invoiceId, idempotencyKey: 'declined' });
    await payments.replaceFailedPaymentMethod(ctx, {
      invoiceId,
      paymentMethodStripeId: await goodCard(failed),
      idempotencyKey: 'replace',
    });
    await payments.retryInvoice(ctx, { invoiceId, idempotencyKey: 'paid' });
    const look = (idempotencyKey: string): Promise<unknown> =>
      payments.lookupRetry(ctx, { invoiceId, idempotencyKey, since });
    expect(await look('declined')).toEqual({
      sent: true,
      outcome: { result: 'DECLINED', declineCode: 'insufficient_funds', adviceCode: 'try_again_later' },
    });
    expect(await look('paid')).toEqual({ sent: true, outcome: { result: 'PAID' } });
    expect(await look('never sent')).toEqual({ sent: false });
  });

  it('is refused for an invoice of another workspace', async () => {
    const { shop, invoiceId } = await failedRenewal();
    const elsewhere = harness.context(await harness.newWorkspace());
    await expect(
      shop.billing.payments.retryInvoice(elsewhere, { invoiceId, idempotencyKey: 'retry-1' }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a new card', () => {
  async function enterCard(url: string, number: string): Promise<number> {
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ number, exp: '12 / 34', cvc: '123', name: 'Ada' }),
    });
    return answer.status;
  }

  it('is entered on Stripe’s page, read back, and announced', async () => {
    const { shop, invoiceId, renewal } = await failedRenewal();
    const ctx = harness.context(shop.workspaceId);
    const setup = {
      invoiceId,
      idempotencyKey: 'setup-1',
      successUrl: 'https://shop.example/done?s={CHECKOUT_SESSION_ID}',
      cancelUrl: 'https://shop.example/back',
    };
    const { url, sessionId } = await shop.billing.payments.openCardSetup(ctx, setup);
    expect((await shop.billing.payments.openCardSetup(ctx, setup)).sessionId).toBe(sessionId);
    expect(await shop.billing.payments.readCardSetup(ctx, { invoiceId, sessionId })).toEqual({
      status: 'OPEN',
      paymentMethodStripeId: null,
    });
    expect(await enterCard(url, '4242424242424242')).toBe(303);
    const read = await shop.billing.payments.readCardSetup(ctx, { invoiceId, sessionId });
    expect(read).toEqual({ status: 'COMPLETE', paymentMethodStripeId: expect.stringMatching(/^pm_/) });
    await shop.hear();
    expect(await announced(harness, shop.workspaceId, 'billing.setup.completed')).toMatchObject([
      {
        checkoutSessionId: sessionId,
        paymentMethodStripeId: read.paymentMethodStripeId,
        customerId: idOf('customer', renewal.customer, shop),
      },
    ]);
  });

  it('of another customer is not taken', async () => {
    const { shop, invoiceId } = await failedRenewal();
    const stranger = await shop.stripe.customers.create({ name: 'Eve' });
    const session = await shop.stripe.checkout.sessions.create({
      mode: 'setup',
      currency: 'eur',
      customer: stranger.id,
      success_url: 'https://x.example/',
    });
    await expect(
      shop.billing.payments.readCardSetup(harness.context(shop.workspaceId), { invoiceId, sessionId: session.id }),
    ).rejects.toMatchObject({ code: 'FOREIGN_CARD_SETUP' });
  });
});

describe('Stripe’s test clocks', () => {
  it('are moved along, and the next change is known from the mirror', async () => {
    const shop = await openShop(harness, sandbox.url);
    const { clock, subscription } = await subscribe(shop);
    await shop.hear();
    const ctx = harness.context(shop.workspaceId);
    const { providerClocks } = shop.billing;
    const renewsAt = (await shop.stripe.subscriptions.retrieve(subscription)).items.data[0]?.current_period_end ?? 0;
    expect(await providerClocks.nextChangeAt(ctx)).toEqual(new Date(renewsAt * 1000));
    await providerClocks.advanceTo(ctx, new Date(renewsAt * 1000 + 500));
    await providerClocks.advanceTo(ctx, new Date(renewsAt * 1000));
    expect((await shop.stripe.testHelpers.testClocks.retrieve(clock)).frozen_time).toBe(renewsAt);
    await harness.setBusinessNow(shop.workspaceId, new Date(renewsAt * 1000));
    await shop.hear();
    expect(await providerClocks.nextChangeAt(ctx)).toEqual(new Date((renewsAt + 3_600) * 1000));
    expect(await providerClocks.settled(ctx)).toBe(true);
  });

  it('are not settled while an event waits to be delivered', async () => {
    const shop = await openShop(harness, sandbox.url);
    await shop.billing.stripe.registerWebhook(
      shop.apiKey,
      { url: 'http://127.0.0.1:9/nobody', idempotencyKey: 'hook-1' },
      shop,
    );
    await shop.stripe.customers.create({ name: 'Ada' });
    expect(await shop.billing.providerClocks.settled(harness.context(shop.workspaceId))).toBe(false);
  });
});

describe('an account', () => {
  it('is read with its key, and one without a right key is refused in words that help', async () => {
    const shop = await openShop(harness, sandbox.url);
    expect(await shop.billing.stripe.readAccount(shop.apiKey, shop)).toMatchObject({
      account: shop.account,
      livemode: false,
    });
    await expect(shop.billing.stripe.readAccount('nonsense', shop)).rejects.toMatchObject({
      code: 'PROVIDER_REFUSED',
      message: expect.stringMatching(/API/) as unknown,
    });
  });

  it('registers its webhook once per key', async () => {
    const shop = await openShop(harness, sandbox.url);
    const endpoint = { url: 'https://oppulence.example/v1/webhooks/stripe/abc', idempotencyKey: 'hook-1' };
    const first = await shop.billing.stripe.registerWebhook(shop.apiKey, endpoint, shop);
    expect(first.secret).toMatch(/^whsec_/);
    expect(await shop.billing.stripe.registerWebhook(shop.apiKey, endpoint, shop)).toEqual(first);
  });

  it('deletes its webhook, and says of one that is gone or of a wrong key that it cannot', async () => {
    const shop = await openShop(harness, sandbox.url);
    const endpoint = { url: 'https://oppulence.example/v1/webhooks/stripe/abc', idempotencyKey: 'hook-1' };
    const { providerEndpointId } = await shop.billing.stripe.registerWebhook(shop.apiKey, endpoint, shop);
    const remove = (apiKey: string): Promise<void> =>
      shop.billing.stripe.deleteWebhook(apiKey, providerEndpointId, shop);
    await expect(remove('nonsense')).rejects.toThrow(ProviderRefusedError);
    expect((await shop.stripe.webhookEndpoints.list()).data).toMatchObject([{ id: providerEndpointId }]);
    await remove(shop.apiKey);
    expect((await shop.stripe.webhookEndpoints.list()).data).toEqual([]);
    await expect(remove(shop.apiKey)).rejects.toMatchObject({ providerCode: 'resource_missing' });
  });

  it('takes its access back from the platform, twice as well as once, but not for a platform that is another one', async () => {
    const shop = await openShop(harness, sandbox.url);
    const platform = { apiKey: 'sk_test_platformOne', clientId: 'ca_test_platformOne' };
    const page = await fetch(`${sandbox.url}/oauth/authorize`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: platform.clientId,
        redirect_uri: 'https://oppulence.example/back',
        account: shop.apiKey,
        answer: 'authorize',
      }),
      redirect: 'manual',
    });
    const code = new URL(page.headers.get('location') ?? '').searchParams.get('code') ?? '';
    const { account } = await shop.billing.stripe.exchangeOAuthCode(platform.apiKey, code, shop);
    const deauthorize = (as: Partial<typeof platform>): Promise<void> =>
      shop.billing.stripe.deauthorize({ ...platform, ...as }, account, shop);
    const readAsPlatform = (): Promise<unknown> =>
      shop.billing.stripe.readConnectedAccount(platform.apiKey, account, shop);

    await expect(deauthorize({ clientId: 'ca_test_another' })).rejects.toThrow(ProviderRefusedError);
    await expect(deauthorize({ apiKey: 'nonsense' })).rejects.toThrow(ProviderRefusedError);
    await readAsPlatform();
    await deauthorize({});
    await expect(readAsPlatform()).rejects.toMatchObject({ providerCode: 'account_invalid' });
    await deauthorize({});
  });
});
