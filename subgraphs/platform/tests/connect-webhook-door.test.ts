import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpResponse } from '#subgraphs/shared/http/route.ts';
import type { PlatformSecret, WebhookEndpoint } from '../index.ts';
import {
  asKey,
  createPlatformBench,
  secretOf,
  signed,
  stripeEvent,
  type PlatformBench,
  type Side,
} from './factories.ts';

type Connected = Omit<WebhookEndpoint, 'secrets'>;

const platformSecrets: PlatformSecret[] = [
  { ...secretOf('platform_live', 'whsec_live'), livemode: true },
  { ...secretOf('platform_test', 'whsec_test'), livemode: false },
];
/** Who has connected what, as accounts would say. */
let connected: Connected[] = [];
let bench: PlatformBench;
let one: { live: Side; test: Side };
let other: { live: Side; test: Side };
beforeAll(async () => {
  bench = await createPlatformBench(({ contextDeps: { metrics } }) => ({
    metrics,
    endpoints: {
      resolve: () => Promise.resolve(null),
      noteMatch: () => undefined,
      platformSecrets,
      connected: (account, livemode) =>
        Promise.resolve(connected.filter((each) => each.account === account && each.livemode === livemode)),
    },
  }));
});
afterAll(async () => {
  await bench.close();
});
beforeEach(async () => {
  one = await bench.newPair('One');
  other = await bench.newPair('Other');
  connected = [];
});

function connect(side: Side, account: string, livemode = false): void {
  const n = String(connected.length);
  connected.push({
    workspaceId: side.workspaceId,
    mode: livemode ? 'LIVE' : 'TEST',
    connectionId: `conn_${n}`,
    endpointId: `whe_${n}`,
    account,
    livemode,
  });
}

async function post(event: Record<string, unknown>, secret = 'whsec_test'): Promise<HttpResponse> {
  const body = stripeEvent(event);
  const headers = signed(body, bench.harness.wall.now(), secret);
  return bench.http('POST', '/v1/webhooks/stripe/connect', { body: Buffer.from(body), headers });
}

async function kept(side: Side, mode: 'LIVE' | 'TEST' = 'TEST'): Promise<readonly Record<string, unknown>[]> {
  const source = '{ inboxEvents { edges { node { providerEventId account webhookSecretId state deliveries } } } }';
  const { data } = await bench.run(asKey(side, ['admin:*'], mode), source);
  return (data?.['inboxEvents'] as { edges: { node: Record<string, unknown> }[] }).edges.map(({ node }) => node);
}

describe('an event of a connected account', () => {
  it('is kept where that account is connected, once however often it comes, and nowhere else', async () => {
    connect(one.test, 'acct_a');
    connect(other.test, 'acct_b');
    const first = await post({ account: 'acct_a' });
    expect(first.status).toBe(200);
    expect(JSON.parse(String((await post({ account: 'acct_a' })).body))).toEqual(JSON.parse(String(first.body)));
    expect(await kept(one.test)).toEqual([
      {
        providerEventId: 'evt_1',
        account: 'acct_a',
        webhookSecretId: 'platform_test',
        state: 'RECEIVED',
        deliveries: 2,
      },
    ]);
    expect(await kept(other.test)).toEqual([]);
  });

  it('is kept in each workspace that has connected the account', async () => {
    connect(one.test, 'acct_a');
    connect(other.test, 'acct_a');
    expect((await post({ account: 'acct_a' })).status).toBe(200);
    expect(await kept(one.test)).toHaveLength(1);
    expect(await kept(other.test)).toHaveLength(1);
  });

  it('of test mode at the live endpoint goes to the test workspace', async () => {
    connect(one.live, 'acct_a', true);
    connect(one.test, 'acct_a');
    expect((await post({ account: 'acct_a' }, 'whsec_live')).status).toBe(200);
    expect((await post({ id: 'evt_2', account: 'acct_a', livemode: true }, 'whsec_live')).status).toBe(200);
    expect(await kept(one.test)).toMatchObject([{ providerEventId: 'evt_1', webhookSecretId: 'platform_live' }]);
    expect(await kept(one.live, 'LIVE')).toMatchObject([{ providerEventId: 'evt_2' }]);
  });
});

describe('an event for nobody', () => {
  it.each([
    { what: 'of an account that nobody has connected, or no longer', event: { account: 'acct_gone' } },
    { what: 'of the platform itself', event: {} },
    {
      what: 'of a connected account in the other mode',
      event: { account: 'acct_a', livemode: true },
      secret: 'whsec_live',
    },
  ])('$what is answered 200 and kept nowhere', async ({ event, secret }) => {
    connect(one.test, 'acct_a');
    const answer = await post(event, secret);
    expect([answer.status, JSON.parse(String(answer.body))]).toEqual([200, { received: true, event_id: null }]);
    expect(await kept(one.test)).toEqual([]);
  });
});

describe('an event that is not correctly signed', () => {
  it.each([
    { what: 'by another secret', event: { account: 'acct_a' }, secret: 'whsec_other' },
    {
      what: 'a live one, by the secret of test mode',
      event: { account: 'acct_a', livemode: true },
      secret: 'whsec_test',
    },
  ])('is answered 400 and kept nowhere: $what', async ({ event, secret }) => {
    connect(one.test, 'acct_a');
    connect(one.live, 'acct_a', true);
    expect((await post(event, secret)).status).toBe(400);
    expect([...(await kept(one.test)), ...(await kept(one.live, 'LIVE'))]).toEqual([]);
  });
});

it('where no platform is configured there is no such endpoint', async () => {
  const plain = await createPlatformBench();
  const body = stripeEvent({ account: 'acct_a' });
  const answer = await plain.http('POST', '/v1/webhooks/stripe/connect', {
    body: Buffer.from(body),
    headers: signed(body, plain.harness.wall.now(), 'whsec_test'),
  });
  await plain.close();
  expect(answer.status).toBe(404);
});
