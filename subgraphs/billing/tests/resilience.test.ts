import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProviderUnavailableError } from '#subgraphs/shared/errors/errors.ts';
import type { BreakerState, ProviderListener } from '#subgraphs/shared/resilience/listener.ts';
import { createProviderPolicies } from '#subgraphs/shared/resilience/policies.ts';
import type { CallLane } from '#subgraphs/shared/resilience/provider-call.ts';
import { DEFAULT_SETTINGS, type ResilienceSettings } from '#subgraphs/shared/resilience/settings.ts';
import { virtualPace } from '#subgraphs/shared/resilience/tests/virtual-pace.ts';
import { actingAs } from '../stripe/acting-as.ts';
import { createStripeApi, type StripeApi } from '../stripe/client.ts';
import { BROKEN, FINE, type HostileStripe, startHostileStripe } from './hostile-stripe.ts';

/** As in production, in a fortieth of the time. */
const QUICK: ResilienceSettings = {
  ...DEFAULT_SETTINGS,
  attemptMs: 3_000,
  deadlineMs: 10_000,
  firstPauseMs: 8,
  longestPauseMs: 100,
  breaker: { ...DEFAULT_SETTINGS.breaker, openMs: 200, longestOpenMs: 1_000 },
};
/** For servers that say nothing. */
const IMPATIENT = { attemptMs: 250, deadlineMs: 1_500 };
const NEVER_OPENS = { ...QUICK.breaker, consecutive: 1_000_000, sample: 1_000, sampleAtLeast: 1_000 };

let stripe: HostileStripe;
beforeAll(async () => {
  stripe = await startHostileStripe();
});
afterAll(async () => {
  await stripe.close();
});
beforeEach(() => {
  stripe.does(FINE);
  stripe.seen.length = 0;
});

/** What was told, as words. */
let told: string[] = [];
afterEach(() => {
  told = [];
});
const listener: ProviderListener = {
  onRetry: (_key, { kind }) => told.push(`RETRY ${kind}`),
  onGiveUp: (_key, { kind, reason }) => told.push(`GIVE_UP ${kind} ${reason}`),
  onRateLimited: (_key, { limit, holdMs }) => told.push(`RATE_LIMITED ${String(limit)} ${String(holdMs)}`),
  onHeldBack: (_key, { reason }) => told.push(`HELD_BACK ${reason}`),
  onBreaker: (_key, { state }) => told.push(`BREAKER ${state}`),
};

function connect(settings: Partial<ResilienceSettings> = {}): StripeApi {
  const policies = createProviderPolicies({ settings: { ...QUICK, ...settings }, listeners: [listener] });
  return createStripeApi({ stripeApiBase: stripe.url, policies });
}

let accounts = 0;
const someone = (api: StripeApi, lane: CallLane = 'live', livemode = true): StripeApi => {
  const n = String((accounts += 1)).padStart(20, '0');
  return actingAs(api, { workspaceId: `ws_${n}` }, { account: `acct_${n}`, livemode }, lane);
};

const read = (api: StripeApi): Promise<unknown> =>
  api.call((sdk) => sdk.customers.retrieve('cus_1', {}, { apiKey: 'sk_test_1' }));
const write = (api: StripeApi, idempotencyKey?: string): Promise<unknown> =>
  api.call((sdk) =>
    sdk.customers.create(
      { name: 'Ada' },
      { apiKey: 'sk_test_1', ...(idempotencyKey === undefined ? {} : { idempotencyKey }) },
    ),
  );
/** How it ended: ANSWERED, or the refusal's code. */
const ending = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ANSWERED',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
const unavailable = async (call: Promise<unknown>): Promise<ProviderUnavailableError> => {
  const error: unknown = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
  return error as ProviderUnavailableError;
};

describe('a read', () => {
  it.each([
    { what: 'an answer', does: [FINE], ends: 'ANSWERED', requests: 1 },
    { what: 'one 500', does: [BROKEN, FINE], ends: 'ANSWERED', requests: 2 },
    { what: 'nothing but 500s', does: [BROKEN], ends: 'PROVIDER_UNAVAILABLE', requests: 3 },
    {
      what: '503 with words of a proxy',
      does: [{ status: 503, body: '<html>' }],
      ends: 'PROVIDER_UNAVAILABLE',
      requests: 3,
    },
    { what: '200 with words of a proxy', does: [{ status: 200, body: '<html>' }, FINE], ends: 'ANSWERED', requests: 2 },
    { what: 'silence, once', does: ['HANGS', FINE], ends: 'ANSWERED', requests: 2 },
    { what: 'silence', does: ['HANGS'], ends: 'PROVIDER_UNAVAILABLE', requests: 3 },
    { what: 'a body that never ends', does: ['TRICKLES', FINE], ends: 'ANSWERED', requests: 2 },
    { what: 'a reset connection, once', does: ['RESETS', FINE], ends: 'ANSWERED', requests: 2 },
    // The SDK would send it again by itself, retries switched off or not.
    { what: 'reset connections', does: ['RESETS'], ends: 'PROVIDER_UNAVAILABLE', requests: 3 },
    {
      what: 'a connection that breaks within the body',
      does: ['RESETS_WITHIN_BODY', FINE],
      ends: 'ANSWERED',
      requests: 2,
    },
    {
      what: 'a lock (409)',
      does: [{ status: 409, body: { error: { code: 'lock_timeout' } } }, FINE],
      ends: 'ANSWERED',
      requests: 2,
    },
    {
      what: '404',
      does: [{ status: 404, body: { error: { code: 'resource_missing' } } }],
      ends: 'PROVIDER_REFUSED',
      requests: 1,
    },
    { what: '401', does: [{ status: 401, body: { error: {} } }], ends: 'PROVIDER_REFUSED', requests: 1 },
    {
      what: '500 that Stripe would only repeat',
      does: [{ status: 500, headers: { 'stripe-should-retry': 'false' }, body: { error: {} } }, FINE],
      ends: 'PROVIDER_UNAVAILABLE',
      requests: 1,
    },
    {
      what: '400 that Stripe wants to see again',
      does: [{ status: 400, headers: { 'stripe-should-retry': 'true' }, body: { error: {} } }, FINE],
      ends: 'ANSWERED',
      requests: 2,
    },
  ] as const)('that meets $what ends $ends after $requests request(s)', async ({ does, ends, requests }) => {
    stripe.does(...does);
    expect(await ending(read(someone(connect(IMPATIENT))))).toBe(ends);
    expect(stripe.seen).toHaveLength(requests);
  });

  it('of several requests repeats only the one that failed', async () => {
    const page = (id: string, has_more: boolean): object => ({
      object: 'list',
      data: [{ id, object: 'customer' }],
      has_more,
      url: '/v1/customers',
    });
    stripe.does({ status: 200, body: page('cus_1', true) }, BROKEN, { status: 200, body: page('cus_2', false) });
    const all = await someone(connect()).call((sdk) =>
      sdk.customers.list({ limit: 1 }, { apiKey: 'sk_test_1' }).autoPagingToArray({ limit: 10 }),
    );
    expect(all.map(({ id }) => id)).toEqual(['cus_1', 'cus_2']);
    expect(stripe.seen.map(({ path }) => path)).toEqual([
      '/v1/customers?limit=1',
      '/v1/customers?limit=1&starting_after=cus_1',
      '/v1/customers?limit=1&starting_after=cus_1',
    ]);
  });
});

describe('a write', () => {
  it('goes out again under the key it had', async () => {
    stripe.does('RESETS', BROKEN, FINE);
    expect(await ending(write(someone(connect()), 'key-1'))).toBe('ANSWERED');
    expect(stripe.seen.map(({ key }) => key)).toEqual(['key-1', 'key-1', 'key-1']);
  });

  it.each([['RESETS'], ['HANGS'], [BROKEN]] as const)(
    'without a key of ours never goes out twice (%j)',
    async (does) => {
      stripe.does(does);
      expect(await ending(write(someone(connect(IMPATIENT))))).toBe('PROVIDER_UNAVAILABLE');
      expect(stripe.seen).toHaveLength(1);
    },
  );

  it('that is declined is answered, however often: no retry, and the breaker stays closed', async () => {
    stripe.does({ status: 402, body: { error: { type: 'card_error', code: 'card_declined', message: 'No.' } } });
    const api = someone(connect());
    for (let i = 0; i < 12; i++) expect(await ending(write(api, `key-${String(i)}`))).toBe('PROVIDER_REFUSED');
    expect(stripe.seen).toHaveLength(12);
    expect(told).toEqual([]);
  });
});

describe('429', () => {
  it('waits as long as Retry-After says, with Stripe’s word for the limit', async () => {
    stripe.does(
      {
        status: 429,
        headers: { 'retry-after': '0.3', 'stripe-rate-limited-reason': 'endpoint-rate' },
        body: { error: {} },
      },
      FINE,
    );
    expect(await ending(read(someone(connect())))).toBe('ANSWERED');
    const [first, second] = stripe.seen;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(295);
    expect(told).toEqual(['RATE_LIMITED endpoint-rate 300', 'RETRY RATE_LIMITED']);
  });

  it('gives up at once when Retry-After is beyond the deadline, tells for how long, and holds the account’s other calls', async () => {
    stripe.does({ status: 429, headers: { 'retry-after': '30' }, body: { error: {} } });
    const api = someone(connect());
    const error = await unavailable(read(api));
    expect(error).toMatchObject({ retryAfter: 30, notSent: false });
    expect(stripe.seen).toHaveLength(1);
    const held = await unavailable(read(api));
    expect(held).toMatchObject({ notSent: true });
    expect(held.retryAfter).toBeGreaterThan(28);
    expect(stripe.seen).toHaveLength(1);
    expect(told).toEqual(['RATE_LIMITED undefined 30000', 'GIVE_UP RATE_LIMITED DEADLINE', 'HELD_BACK TOO_MANY_CALLS']);
  });

  it('takes a date for an answer too', async () => {
    const date = new Date('2026-11-20T12:00:00Z');
    stripe.does(
      {
        status: 503,
        headers: { date: date.toUTCString(), 'retry-after': new Date(date.getTime() + 20_000).toUTCString() },
        body: { error: {} },
      },
      FINE,
    );
    expect(await unavailable(read(someone(connect())))).toMatchObject({ retryAfter: 20 });
    expect(stripe.seen).toHaveLength(1);
  });

  it('does not open the breaker, however often, and a lock on an object slows nobody', async () => {
    stripe.does({ status: 429, headers: { 'retry-after': '0' }, body: { error: { code: 'lock_timeout' } } });
    const api = someone(connect());
    for (let i = 0; i < 8; i++) expect(await ending(read(api))).toBe('PROVIDER_UNAVAILABLE');
    expect(told.filter((word) => word.startsWith('BREAKER') || word.startsWith('RATE_LIMITED'))).toEqual([]);
    stripe.does({ status: 429, headers: { 'retry-after': '0' }, body: { error: {} } });
    const other = someone(connect());
    const slowed = stripe.seen.length;
    for (let i = 0; i < 2; i++) expect(await ending(read(other))).toBe('PROVIDER_UNAVAILABLE');
    expect(stripe.seen.length - slowed).toBe(6); // one more in a row than opens the breaker
    expect(told.filter((word) => word.startsWith('BREAKER'))).toEqual([]);
  });
});

describe('an outage', () => {
  it('is not multiplied: retries end when the budget is spent, and come back as calls work again', async () => {
    stripe.does(BROKEN);
    const api = someone(connect({ breaker: NEVER_OPENS, longestPauseMs: 10 }));
    await Promise.all(Array.from({ length: 40 }, () => ending(read(api))));
    expect(stripe.seen).toHaveLength(40 + QUICK.budget.reserve);
    expect(told).toContain('GIVE_UP SERVER_ERROR BUDGET');

    stripe.does(FINE);
    await Promise.all(Array.from({ length: 11 }, () => read(api)));
    stripe.seen.length = 0;
    stripe.does(BROKEN);
    expect(await ending(read(api))).toBe('PROVIDER_UNAVAILABLE');
    expect(stripe.seen).toHaveLength(2);
  });

  it('opens the breaker, which refuses at once, probes with one call, and closes when Stripe is back', async () => {
    stripe.does(BROKEN);
    const api = someone(connect());
    await unavailable(read(api));
    await unavailable(read(api));
    expect(stripe.seen).toHaveLength(QUICK.breaker.consecutive);
    expect(told).toContain('BREAKER OPEN');

    const refused = await unavailable(write(api, 'key-1'));
    expect(refused).toMatchObject({ notSent: true, retryAfter: 1 });
    expect(refused.message).toMatch(/Stripe does not answer at the moment.*Try again in 1 s/);
    expect(stripe.seen).toHaveLength(5);

    await pause(QUICK.breaker.openMs * 1.2 + 20);
    told = [];
    const probes = await Promise.all([read(api), read(api), read(api)].map(ending));
    expect(probes).toEqual(['PROVIDER_UNAVAILABLE', 'PROVIDER_UNAVAILABLE', 'PROVIDER_UNAVAILABLE']);
    expect(stripe.seen).toHaveLength(6);
    expect(told.slice(0, 2)).toEqual(['BREAKER HALF_OPEN', 'BREAKER OPEN']);

    stripe.does(FINE);
    await pause(QUICK.breaker.openMs * 2 * 1.2 + 20);
    told = [];
    expect(await Promise.all([read(api), read(api)].map(ending))).toEqual(['ANSWERED', 'ANSWERED']);
    expect(told).toEqual(['BREAKER HALF_OPEN', 'BREAKER CLOSED'] satisfies `BREAKER ${BreakerState}`[]);
  });

  it('of half the calls opens it as well', async () => {
    const api = someone(connect({ retries: 0 }));
    stripe.does(...Array.from({ length: 20 }, (_, n) => (n % 5 < 2 ? FINE : BROKEN)));
    for (let i = 0; i < 10; i++) await ending(read(api));
    expect(told).toEqual(['BREAKER OPEN']);
  });

  it('of one workspace’s account is nobody else’s', async () => {
    const api = connect();
    const [broken, fine] = [someone(api), someone(api)];
    stripe.does(BROKEN);
    for (let i = 0; i < 3; i++) await ending(read(broken));
    stripe.does(FINE);
    expect(await unavailable(read(broken))).toMatchObject({ notSent: true });
    expect(await ending(read(fine))).toBe('ANSWERED');
  });

  it('is told as one that a call may have met half way, when an earlier part of it left', async () => {
    const api = someone(connect({ retries: 0, breaker: { ...QUICK.breaker, consecutive: 1 } }));
    stripe.does(FINE, BROKEN);
    const error = await unavailable(
      api.call(async (sdk) => {
        await sdk.customers.retrieve('cus_1', {}, { apiKey: 'sk_test_1' });
        await sdk.customers.retrieve('cus_2', {}, { apiKey: 'sk_test_1' }).catch(() => undefined);
        return sdk.customers.retrieve('cus_3', {}, { apiKey: 'sk_test_1' });
      }),
    );
    expect(stripe.seen).toHaveLength(2);
    expect(error).toMatchObject({ notSent: false, retryAfter: 1 });
  });
});

describe('the rate', () => {
  it('of a test account stays at four fifths of Stripe’s, and live calls overtake a backfill’s', async () => {
    const pace = virtualPace();
    const passed: CallLane[] = [];
    const policies = createProviderPolicies({
      listeners: [{ onAdmitted: (_key, { lane }) => passed.push(lane) }],
      pace,
    });
    const api = createStripeApi({ stripeApiBase: stripe.url, policies });
    const of = (lane: CallLane): StripeApi =>
      actingAs(api, { workspaceId: 'ws_rate' }, { account: 'acct_rate', livemode: false }, lane);
    const calls = Array.from({ length: 30 }, () => read(of('backfill')));
    await Promise.all(calls.slice(0, 20));
    calls.push(read(of('live')));
    await pace.pass(999);
    expect(stripe.seen).toHaveLength(20);
    await pace.pass(1);
    await Promise.all(calls);
    expect(passed.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 'backfill'));
    expect(passed.slice(20)).toEqual(['live', ...Array.from({ length: 10 }, () => 'backfill')]);
  });

  it('is one for two workspaces with the same account, and another for each mode', async () => {
    const api = connect({ deadlineMs: 200 });
    const of = (workspaceId: string, livemode: boolean): StripeApi =>
      actingAs(api, { workspaceId }, { account: 'acct_shared', livemode });
    await Promise.all(Array.from({ length: 20 }, () => read(of('ws_a', false))));
    expect(await unavailable(read(of('ws_b', false)))).toMatchObject({ notSent: true });
    expect(await ending(read(of('ws_b', true)))).toBe('ANSWERED');
  });
});
