import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type Stripe from 'stripe';
import {
  clientOf,
  refusal,
  startReceiver,
  startTestSandbox,
  until,
  type Receiver,
  type TestSandbox,
} from './harness.ts';

/* A platform, as the official SDK and a browser see it. */

let sandbox: TestSandbox;
let receiver: Receiver;
beforeAll(async () => {
  sandbox = await startTestSandbox();
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.close();
  await sandbox.close();
});

let letters: string;
let clientId: string;
let platform: Stripe;
beforeEach(() => {
  letters = randomBytes(8).toString('hex');
  clientId = `ca_test_${letters}`;
  platform = clientOf(sandbox.url, `sk_test_${letters}`);
  receiver.received.splice(0);
});

/** What the browser is sent back with, by whoever presses that button on the page. */
async function press(answer: 'authorize' | 'decline', account: string): Promise<URLSearchParams> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    scope: 'read_write',
    state: 'a state',
    redirect_uri: 'https://app.example.com/back?a=1',
  });
  const page = await fetch(`${sandbox.url}/oauth/authorize?${query.toString()}`);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  const fields = [...(await page.text()).matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)];
  const form = new URLSearchParams(fields.map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')]));
  form.set('account', account);
  form.set('answer', answer);
  const back = await fetch(`${sandbox.url}/oauth/authorize`, { method: 'POST', body: form, redirect: 'manual' });
  expect(back.status).toBe(303);
  const url = new URL(back.headers.get('location') ?? '');
  expect([url.origin, url.searchParams.get('a'), url.searchParams.get('state')]).toEqual([
    'https://app.example.com',
    '1',
    'a state',
  ]);
  return url.searchParams;
}

async function connect(key: string): Promise<Stripe.OAuthToken> {
  const code = (await press('authorize', key)).get('code') ?? '';
  return platform.oauth.token({ grant_type: 'authorization_code', code });
}

const newKey = (): string => `sk_test_${randomBytes(8).toString('hex')}`;

describe('the page for connecting', () => {
  it('gives a code for the account of whoever agrees, good once', async () => {
    const key = newKey();
    const { id } = await clientOf(sandbox.url, key).accounts.retrieveCurrent();
    const code = (await press('authorize', key)).get('code') ?? '';
    const granted = await platform.oauth.token({ grant_type: 'authorization_code', code });
    expect(granted).toMatchObject({ stripe_user_id: id, livemode: false, scope: 'read_write', token_type: 'bearer' });
    expect(await refusal(platform.oauth.token({ grant_type: 'authorization_code', code }))).toMatchObject({
      type: 'StripeInvalidGrantError',
    });
  });

  it('gives no code to another platform, and none to whoever declines', async () => {
    const declined = await press('decline', newKey());
    expect([declined.get('error'), declined.get('code')]).toEqual(['access_denied', null]);
    const code = (await press('authorize', newKey())).get('code') ?? '';
    const other = clientOf(sandbox.url);
    expect((await refusal(other.oauth.token({ grant_type: 'authorization_code', code }))).type).toBe(
      'StripeInvalidGrantError',
    );
  });
});

describe('a platform', () => {
  it('acts for a connected account with its own key, and for no other', async () => {
    const key = newKey();
    const shop = clientOf(sandbox.url, key);
    const { stripe_user_id: stripeAccount = '' } = await connect(key);
    const made = await platform.customers.create({ name: 'Ada' }, { stripeAccount });
    expect((await shop.customers.retrieve(made.id)).id).toBe(made.id);
    expect((await platform.accounts.retrieveCurrent({}, { stripeAccount })).id).toBe(stripeAccount);
    expect((await platform.customers.list()).data).toEqual([]);
    const stranger = (await clientOf(sandbox.url).accounts.retrieveCurrent()).id;
    expect(await refusal(platform.customers.list({}, { stripeAccount: stranger }))).toMatchObject({
      statusCode: 403,
      code: 'account_invalid',
    });
  });

  it('hears at its Connect endpoint of connected accounts alone, and is told which', async () => {
    const connectEndpoint = { url: `${receiver.url}connect`, enabled_events: ['*'] as const, connect: true };
    await platform.webhookEndpoints.create({ ...connectEndpoint, enabled_events: ['*'] });
    const key = newKey();
    const shop = clientOf(sandbox.url, key);
    const { stripe_user_id: account } = await connect(key);
    await platform.customers.create({ name: 'Of the platform itself' });
    const { id } = await shop.customers.create({ name: 'Ada' });
    await until('it is delivered', () => receiver.received.length > 0);
    expect(
      receiver.received.map(({ event }) => [event.type, event.account, (event.data.object as { id: string }).id]),
    ).toEqual([['customer.created', account, id]]);
    await fetch(`${sandbox.url}/__sandbox/accounts/${account ?? ''}/rename`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'A new name' }),
    });
    await until('the new name is delivered', () => receiver.types().includes('account.updated'));
    expect(receiver.received.at(-1)?.event).toMatchObject({ account, data: { object: { id: account } } });
  });

  it.each(['the platform', 'the account'])(
    'whose access was ended by %s is told, hears and sees no more',
    async (who) => {
      await platform.webhookEndpoints.create({ url: `${receiver.url}connect`, enabled_events: ['*'], connect: true });
      const key = newKey();
      const shop = clientOf(sandbox.url, key);
      const { stripe_user_id: account = '' } = await connect(key);
      if (who === 'the platform') await platform.oauth.deauthorize({ client_id: clientId, stripe_user_id: account });
      else
        await fetch(`${sandbox.url}/__sandbox/accounts/${account}/revoke`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ client_id: clientId }),
        });
      await until('it is told', () => receiver.types().includes('account.application.deauthorized'));
      expect(receiver.received.at(-1)?.event).toMatchObject({
        account,
        data: { object: { id: clientId, object: 'application' } },
      });
      await shop.customers.create({ name: 'Ada' });
      expect((await refusal(platform.customers.list({}, { stripeAccount: account }))).statusCode).toBe(403);
      expect(receiver.types()).toEqual(['account.application.deauthorized']);
      await connect(key);
      expect((await platform.customers.list({}, { stripeAccount: account })).data).toHaveLength(1);
    },
  );
});
