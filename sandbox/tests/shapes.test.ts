import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import { clientOf, startReceiver, startTestSandbox, subscribe, type TestSandbox, until } from './harness.ts';

const OLDER = '2024-06-20';

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(async () => {
  await sandbox.close();
});

type Json = Record<string, unknown>;

let accounts = 0;
function account(): { readonly stripe: Stripe; readonly read: (path: string) => Promise<Json> } {
  const key = `sk_test_shapes${String((accounts += 1))}`;
  const headers = { authorization: `Bearer ${key}`, 'stripe-version': OLDER };
  return {
    stripe: clientOf(sandbox.url, key),
    read: async (path) => (await fetch(`${sandbox.url}/v1/${path}`, { headers })).json() as Promise<Json>,
  };
}

describe('who asks for 2024-06-20', () => {
  it('finds the payment and the subscription on the invoice, and its lines as they were', async () => {
    const { stripe, read } = account();
    const { subscription, price } = await subscribe(stripe);
    const [charge] = (await stripe.charges.list()).data;
    const invoice = await read(`invoices/${subscription.latest_invoice as string}`);
    expect(invoice).toMatchObject({
      subscription: subscription.id,
      paid: true,
      charge: charge?.id,
      payment_intent: charge?.payment_intent,
      tax: null,
      total_tax_amounts: [],
      lines: {
        data: [{ price: { id: price.id }, plan: { id: price.id }, subscription: subscription.id, proration: false }],
      },
    });
    expect(invoice).not.toHaveProperty('parent');
    expect(invoice).not.toHaveProperty('lines.data.0.pricing');
  });

  it('finds the invoice on the charge and on its payment intent', async () => {
    const { stripe, read } = account();
    const { subscription } = await subscribe(stripe);
    const [charge] = (await stripe.charges.list()).data;
    const invoice = subscription.latest_invoice;
    expect(await read(`charges/${charge!.id}`)).toMatchObject({ invoice });
    expect(await read(`payment_intents/${charge!.payment_intent as string}`)).toMatchObject({ invoice });
    expect(await read(`charges/${charge!.id}?expand[]=invoice.payment_intent`)).toMatchObject({
      invoice: { id: invoice, paid: true, payment_intent: { latest_charge: charge!.id, invoice } },
    });
  });

  it('finds the period on the subscription, also in a list, and not on its items', async () => {
    const { stripe, read } = account();
    const { subscription, clock } = await subscribe(stripe);
    const [item] = subscription.items.data;
    const { data } = await read(`subscriptions?test_clock=${clock.id}`);
    const [shown] = data as Json[];
    expect(shown).toMatchObject({
      current_period_start: item!.current_period_start,
      current_period_end: item!.current_period_end,
      discount: null,
    });
    expect(shown).not.toHaveProperty('items.data.0.current_period_end');
  });

  it('sees events as they were made', async () => {
    const { stripe, read } = account();
    await subscribe(stripe);
    const { data } = await read('events?type=invoice.paid');
    expect(data).toMatchObject([{ api_version: '2026-10-28.endive', data: { object: { parent: expect.anything() } } }]);
  });
});

it('an endpoint of 2024-06-20 gets events of that shape, what was before too, and the one beside it those of today', async () => {
  const { stripe } = account();
  const [older, present] = [await startReceiver(), await startReceiver()];
  const endpoint = await stripe.webhookEndpoints.create({ url: older.url, enabled_events: ['*'], api_version: OLDER });
  expect(endpoint.api_version).toBe(OLDER);
  await stripe.webhookEndpoints.create({ url: present.url, enabled_events: ['*'] });
  const { subscription } = await subscribe(stripe);
  const find = (events: { event: Stripe.Event }[], type: string): Json | null =>
    (events.find(({ event }) => event.type === type)?.event as unknown as Json | undefined) ?? null;
  const type = 'invoice.updated';
  const [old, now] = await until('both have come', () => {
    const both = [find(older.received, type), find(present.received, type)];
    return both[0] && both[1] ? (both as Json[]) : null;
  });
  expect(old).toMatchObject({
    id: now!['id'],
    api_version: OLDER,
    data: {
      object: { subscription: subscription.id, paid: true },
      previous_attributes: { paid: false, status: 'open' },
    },
  });
  expect(now).toMatchObject({ api_version: '2026-10-28.endive', data: { previous_attributes: { status: 'open' } } });
  expect(now).not.toHaveProperty('data.previous_attributes.paid');
  await older.close();
  await present.close();
});
