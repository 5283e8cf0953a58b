import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import { startReceiver, startTestSandbox, until, type Receiver, type TestSandbox } from './harness.ts';

let sandbox: TestSandbox;
let receiver: Receiver;
let stripe: Stripe;
beforeAll(async () => {
  sandbox = await startTestSandbox();
});
afterAll(async () => {
  await sandbox.close();
});
beforeEach(async () => {
  receiver = await startReceiver();
  stripe = sandbox.newAccount();
});
afterEach(async () => {
  await receiver.close();
});

async function disturb(delivery: object): Promise<void> {
  const { id } = await stripe.accounts.retrieveCurrent();
  await fetch(`${sandbox.url}/__sandbox/accounts/${id}/delivery`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(delivery),
  });
}
const listen = (events: Stripe.WebhookEndpointCreateParams.EnabledEvent[] = ['*']): Promise<Stripe.WebhookEndpoint> =>
  stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: events });
const arrived = (count: number): Promise<true | null> =>
  until(`${String(count)} deliveries arrived`, () => (receiver.received.length >= count ? true : null));

describe('webhooks', () => {
  it('arrive signed, indented, in the version of the API, and are counted as delivered', async () => {
    const endpoint = await listen();
    expect(endpoint.secret).toMatch(/^whsec_/);
    expect((await stripe.webhookEndpoints.retrieve(endpoint.id)).secret).toBeUndefined();
    const customer = await stripe.customers.create({ name: 'Ünïcode ✓ 東京' });
    await arrived(1);
    const [{ body, signature }] = receiver.received as [Receiver['received'][number]];
    const event = stripe.webhooks.constructEvent(body, signature, endpoint.secret!);
    expect(event).toMatchObject({
      type: 'customer.created',
      api_version: '2026-10-28.endive',
      pending_webhooks: 1,
      livemode: false,
      data: { object: { id: customer.id, name: 'Ünïcode ✓ 東京' } },
    });
    expect(body).toBe(JSON.stringify(JSON.parse(body), null, 2));
    expect(() => stripe.webhooks.constructEvent(body, signature, 'whsec_other')).toThrow();
    await until('it counts as delivered', async () => (await stripe.events.retrieve(event.id)).pending_webhooks === 0);
  });

  it('go only to enabled endpoints that asked for the type', async () => {
    const endpoint = await listen(['product.created']);
    await stripe.customers.create({});
    await stripe.products.create({ name: 'A' });
    await arrived(1);
    await stripe.webhookEndpoints.update(endpoint.id, { disabled: true });
    await stripe.products.create({ name: 'B' });
    await stripe.webhookEndpoints.update(endpoint.id, {
      disabled: false,
      enabled_events: ['price.created', 'customer.created'],
    });
    await stripe.customers.create({});
    await arrived(2);
    expect(receiver.types()).toEqual(['product.created', 'customer.created']);
    await stripe.webhookEndpoints.del(endpoint.id);
    expect((await stripe.webhookEndpoints.list()).data).toEqual([]);
  });

  it('are sent again after a failure and after a redirect, with the same body and a fresh signature', async () => {
    await listen();
    receiver.answers.push(500, 301);
    await stripe.customers.create({});
    await arrived(1);
    const [event] = (await stripe.events.list({ delivery_success: false })).data;
    expect(event?.pending_webhooks).toBe(1);
    await arrived(3);
    expect(new Set(receiver.received.map((one) => one.body)).size).toBe(1);
    expect(new Set(receiver.received.map((one) => one.signature)).size).toBeGreaterThan(1);
    await until(
      'no event waits',
      async () => (await stripe.events.list({ delivery_success: false })).data.length === 0,
    );
  });

  it('wait while paused and arrive afterwards', async () => {
    await listen();
    await disturb({ pause: true });
    await stripe.customers.create({});
    await until(
      'the event waits',
      async () => (await stripe.events.list({ delivery_success: false })).data.length === 1,
    );
    expect(receiver.received).toEqual([]);
    await disturb({});
    await arrived(1);
  });

  it('that wait for their next try leave at once when all is to be normal again', async () => {
    await listen();
    receiver.answers.push(...Array.from({ length: 4 }, () => 500));
    await stripe.customers.create({});
    await arrived(4); // the next try would be five seconds later
    const askedAt = Date.now();
    await until('the last failure is noted', async () => {
      await disturb({});
      return receiver.received.length >= 5;
    });
    expect(Date.now() - askedAt).toBeLessThan(4000);
  });

  it('arrive several times when asked', async () => {
    await listen();
    await disturb({ duplicates: 2 });
    await stripe.customers.create({});
    await stripe.products.create({ name: 'A' });
    await arrived(6);
    const ids = receiver.received.map((one) => one.event.id);
    expect([...new Set(ids)].map((id) => ids.filter((other) => other === id).length)).toEqual([3, 3]);
  });

  it('arrive in reverse when asked', async () => {
    await listen();
    await disturb({ reorder: true, holdMs: 1500 });
    for (const name of ['a', 'b', 'c', 'd']) await stripe.customers.create({ name });
    await arrived(4);
    expect(receiver.received.map((one) => (one.event.data.object as Stripe.Customer).name)).toEqual([
      'd',
      'c',
      'b',
      'a',
    ]);
  });

  it('of one account do not wait for an endpoint of another that hangs', async () => {
    const hanging = await startReceiver();
    hanging.answers.push(...Array.from({ length: 40 }, () => 0));
    const other = sandbox.newAccount();
    await other.webhookEndpoints.create({ url: hanging.url, enabled_events: ['*'] });
    await Promise.all(Array.from({ length: 36 }, () => other.customers.create({})));
    await until('its endpoint hangs', () => hanging.received.length >= 8);
    await listen();
    await stripe.customers.create({});
    await arrived(1);
    expect(hanging.received).toHaveLength(8); // as many as one account may have on their way
    await hanging.close();
  });
});
