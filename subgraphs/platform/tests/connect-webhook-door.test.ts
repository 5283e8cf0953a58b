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
  await bench.harness.admin.query('DELETE FROM kernel.unrouted_delivery');
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

async function post(event: Record<string, unknown> | string, secret = 'whsec_test'): Promise<HttpResponse> {
  const body = typeof event === 'string' ? event : stripeEvent(event);
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

interface Aside {
  readonly id: string;
  readonly event: string;
  readonly type: string | null;
  readonly account: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly secret: string;
  readonly deliveries: number;
  readonly body: Buffer;
}

/** What is kept for whoever runs the installation. */
const aside = (): Promise<Aside[]> =>
  bench.harness.system.query<Aside>(
    `SELECT id, provider_event_id AS event, event_type AS type, account, state, reason, secret_id AS secret, deliveries, body
     FROM kernel.unrouted_delivery ORDER BY received_at, id`,
  );

const answerOf = ({ status, body }: HttpResponse): unknown[] => [status, JSON.parse(String(body))];

const route = async (input: Record<string, unknown>): Promise<unknown> => {
  const source = `mutation($input: RouteDeliveriesInput!) { routeDeliveries(input: $input) { __typename ... on RoutedDeliveries { matched workspaces routed } ... on UserError { message } } }`;
  const { data, codes } = await bench.run({}, source, { input: { livemode: false, ...input } });
  expect(codes).toEqual([]);
  return data?.['routeDeliveries'];
};

describe('a delivery for nobody', () => {
  it.each([
    {
      what: 'of an account that nobody has connected, or no longer',
      event: { account: 'acct_gone' },
      told: { event: 'evt_1', type: 'invoice.paid', account: 'acct_gone', state: 'UNROUTED', secret: 'platform_test' },
    },
    { what: 'of the platform itself', event: {}, told: { account: null, state: 'IGNORED' } },
    {
      what: 'of a connected account in the other mode',
      event: { account: 'acct_a', livemode: true },
      secret: 'whsec_live',
      told: { account: 'acct_a', state: 'UNROUTED', secret: 'platform_live' },
    },
    {
      what: 'that is no event',
      event: '{"hello":"world"}',
      told: { type: null, account: null, state: 'DEAD', reason: expect.stringContaining('not an event') },
    },
    {
      what: 'that is not JSON',
      event: 'hello \u0000 there',
      told: { type: null, account: null, state: 'DEAD', reason: 'The body is not JSON.' },
    },
  ])('$what is answered 200, and kept for the operator alone', async ({ event, secret, told }) => {
    connect(one.test, 'acct_a');
    const answer = await post(event, secret);
    await post(event, secret);
    const [only, ...others] = await aside();
    expect(answerOf(answer)).toEqual([200, { received: true, event_id: only?.id }]);
    expect(only).toMatchObject({ ...told, deliveries: 2 });
    expect(String(only?.body)).toBe(typeof event === 'string' ? event : stripeEvent(event));
    expect(others).toEqual([]);
    expect([...(await kept(one.test)), ...(await kept(one.live, 'LIVE'))]).toEqual([]);
    await expect(
      bench.harness
        .context(one.test.workspaceId)
        .transaction((tx) => tx.query('SELECT FROM kernel.unrouted_delivery', [])),
    ).rejects.toThrow(/permission denied/);
  });

  it('is applied where its account is connected later, once, when an operator asks for it', async () => {
    await post({ id: 'evt_1', account: 'acct_late' });
    await post({ id: 'evt_2', account: 'acct_late' });
    await post({ id: 'evt_3', account: 'acct_other' });
    await post('unreadable');
    expect(await route({ account: 'acct_late', dryRun: true })).toMatchObject({ matched: 2, workspaces: 0, routed: 0 });
    expect(await route({ account: 'acct_late' })).toMatchObject({ __typename: 'ConflictError' });
    expect(await route({ account: 'late' })).toMatchObject({ __typename: 'ValidationError' });

    connect(one.test, 'acct_late');
    connect(other.test, 'acct_late');
    // The second came again, to the door that knows the account by now.
    await post({ id: 'evt_2', account: 'acct_late' });
    expect(await route({ account: 'acct_late', livemode: true, dryRun: true })).toMatchObject({ matched: 0 });
    expect(await route({ account: 'acct_late' })).toMatchObject({ matched: 2, workspaces: 2, routed: 2 });
    expect(await route({ account: 'acct_late' })).toMatchObject({ matched: 0, routed: 0 });

    for (const side of [one.test, other.test]) {
      const inbox = await kept(side);
      expect(inbox.map(({ providerEventId, state }) => [providerEventId, state]).sort()).toEqual([
        ['evt_1', 'RECEIVED'],
        ['evt_2', 'RECEIVED'],
      ]);
      expect(inbox.find(({ providerEventId }) => providerEventId === 'evt_1')).toMatchObject({
        account: 'acct_late',
        webhookSecretId: 'platform_test',
      });
    }
    expect((await aside()).map(({ event, state }) => [event.slice(0, 6), state]).sort()).toEqual([
      ['evt_3', 'UNROUTED'],
      ['sha256', 'DEAD'],
    ]);
  });

  it('that cannot be stored is answered 503, so that it is sent again', async () => {
    await bench.harness.admin.query('REVOKE INSERT ON kernel.unrouted_delivery FROM oppulence_system');
    const answer = await post('unreadable');
    await bench.harness.admin.query('GRANT INSERT ON kernel.unrouted_delivery TO oppulence_system');
    expect(answer.status).toBe(503);
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
    expect(await aside()).toEqual([]);
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
