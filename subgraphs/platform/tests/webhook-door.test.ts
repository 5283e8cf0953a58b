import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { HttpResponse } from '#subgraphs/shared/http/route.ts';
import {
  asKey,
  createPlatformBench,
  SECRET,
  secretOf,
  signed,
  stripeEvent,
  type PlatformBench,
  type Side,
} from './factories.ts';

let bench: PlatformBench;
let here: Side;
beforeAll(async () => {
  bench = await createPlatformBench(({ contextDeps: { metrics } }) => ({ metrics }));
  here = (await bench.newPair()).test;
});
afterAll(async () => {
  await bench.close();
});

const now = (): Date => bench.harness.wall.now();

/** Deliveries that only an expiring secret fitted. */
async function expiringCount(): Promise<number> {
  const { text } = await bench.harness.contextDeps.metrics.scrape();
  return Number(/^webhook_expiring_secret_total\{provider="stripe"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

const bodyOf = (answer: HttpResponse): Record<string, unknown> =>
  JSON.parse(String(answer.body)) as Record<string, unknown>;

async function post(path: string, body: Buffer | string, headers: Record<string, string>): Promise<HttpResponse> {
  return bench.http('POST', `/v1/webhooks/stripe/${path}`, { body: Buffer.from(body), headers });
}

interface Kept {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly type: string | null;
  readonly deliveries: number;
  readonly account: string;
  readonly webhookSecretId: string | null;
  readonly payload: string;
}

/** Everything kept for the workspace of this endpoint, newest first. */
async function kept(side: Side = here): Promise<Kept[]> {
  const { data, codes } = await bench.run(
    asKey(side),
    '{ inboxEvents(first: 500) { edges { node { id state reason type deliveries account webhookSecretId payload } } } }',
  );
  expect(codes).toEqual([]);
  return (data?.['inboxEvents'] as { edges: { node: Kept }[] }).edges.map(({ node }) => node);
}

async function freshSide(): Promise<{ side: Side; path: string }> {
  const side = (await bench.newPair()).test;
  return { side, path: bench.newEndpoint(side.workspaceId) };
}

describe('a correctly signed delivery', () => {
  it.each([
    { what: 'a known event', body: stripeEvent(), state: 'RECEIVED', type: 'invoice.paid' },
    {
      what: 'an event of an unknown type',
      body: stripeEvent({ type: 'kitchen.sink_blocked' }),
      state: 'RECEIVED',
      type: 'kitchen.sink_blocked',
    },
    {
      what: 'a thin event',
      body: JSON.stringify({
        id: 'evt_2',
        object: 'v2.core.event',
        type: 'v1.invoice.paid',
        created: '2026-11-20T11:59:00.123Z',
        livemode: false,
        related_object: { id: 'in_1' },
      }),
      state: 'RECEIVED',
      type: 'v1.invoice.paid',
    },
    { what: 'text that is not JSON', body: 'hello', state: 'DEAD', type: null },
    { what: 'JSON that is no event', body: '{"id":"evt_1"}', state: 'DEAD', type: null },
    {
      what: 'an event whose type the database could not store',
      body: stripeEvent({ type: 'a\u0000b' }),
      state: 'DEAD',
      type: null,
    },
    {
      what: 'an indented event with umlauts',
      body: JSON.stringify(JSON.parse(stripeEvent({ note: 'Müller' })), null, 2),
      state: 'RECEIVED',
      type: 'invoice.paid',
    },
    {
      what: 'an event of the other mode',
      body: stripeEvent({ livemode: true }),
      state: 'IGNORED',
      type: 'invoice.paid',
    },
  ])('is answered 200 and kept as $state: $what', async ({ body, state, type }) => {
    const { side, path } = await freshSide();
    const answer = await post(path, body, signed(body, now()));
    expect(answer.status).toBe(200);
    const rows = await kept(side);
    expect(bodyOf(answer)).toEqual({ received: true, event_id: rows[0]?.id });
    expect(rows).toEqual([expect.objectContaining({ state, type, payload: body, account: 'acct_1' })]);
    if (state !== 'RECEIVED') expect(rows[0]?.reason).toEqual(expect.stringMatching(/\.$/));
  });

  it('that is repeated is answered 200 with the first id and makes no second row', async () => {
    const { side, path } = await freshSide();
    const body = stripeEvent();
    const first = await post(path, body, signed(body, now()));
    const again = await Promise.all([1, 2, 3].map(() => post(path, body, signed(body, now()))));
    expect(again.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(again.map((answer) => bodyOf(answer)['event_id']))).toEqual(new Set([bodyOf(first)['event_id']]));
    expect(await kept(side)).toEqual([expect.objectContaining({ deliveries: 4 })]);
  });

  it('that cannot be read does not hide the real event whose id it carries', async () => {
    const { side, path } = await freshSide();
    const broken = '{"id":"evt_1","object":"event"}';
    await post(path, broken, signed(broken, now()));
    const real = stripeEvent({ id: 'evt_1' });
    await post(path, real, signed(real, now()));
    expect((await kept(side)).map(({ state }) => state).sort()).toEqual(['DEAD', 'RECEIVED']);
  });

  it('is accepted with any of the endpoint’s secrets, up to 300 seconds old, and tells which it was', async () => {
    const side = (await bench.newPair()).test;
    const secrets = [secretOf('whs_new', 'whsec_new'), secretOf('whs_old', SECRET, true)];
    const path = bench.newEndpoint(side.workspaceId, { secrets });
    const before = bench.matched.length;
    const body = stripeEvent();
    const old = new Date(now().getTime() - 300_000);
    expect((await post(path, body, signed(body, old))).status).toBe(200);
    // While Stripe rolls, it signs with both: the newer one counts.
    const [first = '', second = ''] = [SECRET, 'whsec_new'].map(
      (secret) => signed(body, now(), secret)['stripe-signature'],
    );
    const both = { 'stripe-signature': `${first},${second.replace(/^t=\d+,/, '')}` };
    const other = stripeEvent({ id: 'evt_2' });
    expect((await post(path, other, signed(other, now(), 'whsec_new'))).status).toBe(200);
    expect((await post(path, body, both)).status).toBe(200);
    expect(bench.matched.slice(before).map(({ secretId }) => secretId)).toEqual(['whs_old', 'whs_new', 'whs_new']);
    expect((await kept(side)).map(({ webhookSecretId, deliveries }) => [webhookSecretId, deliveries])).toEqual([
      ['whs_new', 1],
      ['whs_old', 2],
    ]);
    expect(await expiringCount()).toBe(1);
  });

  it('of a connected account is kept under that account', async () => {
    const { side, path } = await freshSide();
    const body = stripeEvent({ account: 'acct_connected' });
    await post(path, body, signed(body, now()));
    expect(await kept(side)).toEqual([expect.objectContaining({ account: 'acct_connected' })]);
  });
});

describe('a delivery that is not correctly signed', () => {
  const body = stripeEvent();
  it.each([
    { what: 'no signature', headers: (): Record<string, string> => ({}) },
    { what: 'another secret', headers: () => signed(body, now(), 'whsec_other') },
    { what: 'another body', headers: () => signed(`${body} `, now()) },
    { what: 'a signature of 301 seconds ago', headers: () => signed(body, new Date(now().getTime() - 301_000)) },
    {
      what: 'only the old scheme v0',
      headers: () => ({ 'stripe-signature': (signed(body, now())['stripe-signature'] ?? '').replace('v1=', 'v0=') }),
    },
  ])('is answered 400 and not kept: $what', async ({ headers }) => {
    const { side, path } = await freshSide();
    const answer = await post(path, body, headers());
    expect(answer.status).toBe(400);
    expect(bodyOf(answer)).toMatchObject({
      error: { type: 'validation_error', code: 'invalid_signature', request_id: 'req_test' },
    });
    expect(String(answer.body)).not.toMatch(/NO_MATCH|TOO_OLD|HEADER/);
    expect(await kept(side)).toEqual([]);
  });
});

describe('a delivery to an endpoint that nobody has', () => {
  it('is answered 404 in the shape of every error, and not kept', async () => {
    const body = stripeEvent();
    const before = await kept();
    for (const path of ['/v1/webhooks/stripe/whe_unknown', '/v1/webhooks/paypal/whe_unknown']) {
      const answer = await bench.http('POST', path, { body: Buffer.from(body), headers: signed(body, now()) });
      expect(answer.status).toBe(404);
      expect(bodyOf(answer)).toMatchObject({ error: { type: 'not_found_error', code: 'not_found' } });
    }
    expect(await kept()).toEqual(before);
  });
});

describe('a delivery that is too large', () => {
  it('is answered 413 and not kept, while 1.5 MB to the byte is kept', async () => {
    const { side, path } = await freshSide();
    const full = stripeEvent({ filler: 'x'.repeat(1_500_000 - stripeEvent({ filler: '' }).length) });
    expect(Buffer.byteLength(full)).toBe(1_500_000);
    const over = `${full} `;
    const answer = await post(path, over, signed(over, now()));
    expect(answer.status).toBe(413);
    expect(await kept(side)).toEqual([]);
    expect((await post(path, full, signed(full, now()))).status).toBe(200);
    expect(await kept(side)).toHaveLength(1);
  });
});

describe('a delivery while the database', () => {
  it('is away is answered 503 with Retry-After', async () => {
    const broken = await createPlatformBench({
      endpoints: {
        resolve: () => Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })),
        noteMatch: () => undefined,
        platformSecrets: [],
        connected: () => Promise.resolve([]),
      },
    });
    const body = stripeEvent();
    const answer = await broken.http('POST', '/v1/webhooks/stripe/whe_1', {
      body: Buffer.from(body),
      headers: signed(body, now()),
    });
    await broken.close();
    expect(answer.status).toBe(503);
    expect(answer.headers).toMatchObject({ 'retry-after': '5' });
    expect(bodyOf(answer)).toMatchObject({ error: { type: 'api_error', code: 'temporarily_unavailable' } });
  });

  it('hangs is answered 503 in time, and the sender’s repeat is kept once', async () => {
    const slow = await createPlatformBench({ storedWithinMs: 300 });
    const { test: side } = await slow.newPair();
    const path = slow.newEndpoint(side.workspaceId);
    const body = stripeEvent();
    const deliver = (): Promise<HttpResponse> =>
      slow.http('POST', `/v1/webhooks/stripe/${path}`, { body: Buffer.from(body), headers: signed(body, now()) });
    const lock = await slow.harness.admin.connect();
    await lock.query('BEGIN; LOCK TABLE kernel.inbox_event IN ACCESS EXCLUSIVE MODE');
    expect((await deliver()).status).toBe(503);
    await lock.query('ROLLBACK');
    lock.release();
    expect((await deliver()).status).toBe(200);
    const { rows } = await slow.harness.admin.query('SELECT 1 FROM kernel.inbox_event');
    await slow.close();
    expect(rows).toHaveLength(1);
  });
});

describe('ingestWebhook', () => {
  const MUTATION = `mutation ($input: IngestWebhookInput!) { ingestWebhook(input: $input) { __typename ... on IngestedWebhook { inboxEventId first } ... on UserError { code param } } }`;
  const headersOf = (body: Buffer | string): { name: string; value: string }[] => [
    { name: 'Stripe-Signature', value: signed(body, now())['stripe-signature'] ?? '' },
  ];

  it('is a second door to the same inbox: text, base64 and the URL make one row', async () => {
    const { side, path } = await freshSide();
    const body = stripeEvent({ note: 'Müller' });
    const common = { provider: 'STRIPE', endpoint: path, headers: headersOf(body) };
    const text = await bench.run(asKey(side), MUTATION, { input: { ...common, payload: body } });
    const base64 = await bench.run(asKey(side), MUTATION, {
      input: { ...common, payloadBase64: Buffer.from(body).toString('base64') },
    });
    await post(path, body, signed(body, now()));
    const rows = await kept(side);
    expect(rows).toEqual([expect.objectContaining({ deliveries: 3 })]);
    expect(text.data?.['ingestWebhook']).toEqual({
      __typename: 'IngestedWebhook',
      inboxEventId: rows[0]?.id,
      first: true,
    });
    expect(base64.data?.['ingestWebhook']).toEqual({
      __typename: 'IngestedWebhook',
      inboxEventId: rows[0]?.id,
      first: false,
    });
  });

  it('does not know the endpoint of another workspace', async () => {
    const [{ side }, { side: other, path }] = [await freshSide(), await freshSide()];
    const body = stripeEvent();
    const { data } = await bench.run(asKey(side), MUTATION, {
      input: { provider: 'STRIPE', endpoint: path, payload: body, headers: headersOf(body) },
    });
    expect(data?.['ingestWebhook']).toMatchObject({ __typename: 'NotFoundError' });
    expect([...(await kept(side)), ...(await kept(other))]).toEqual([]);
  });

  it.each([
    {
      what: 'a wrong signature',
      input: { payload: stripeEvent(), headers: [{ name: 'stripe-signature', value: 't=1,v1=00' }] },
      answer: { __typename: 'WebhookSignatureError', code: 'INVALID_SIGNATURE' },
    },
    { what: 'no payload', input: {}, answer: { __typename: 'ValidationError', param: 'input.payload' } },
    {
      what: 'two payloads',
      input: { payload: 'a', payloadBase64: 'YQ==' },
      answer: { __typename: 'ValidationError', param: 'input.payloadBase64' },
    },
    {
      what: 'base64 that is none',
      input: { payloadBase64: 'a*b=' },
      answer: { __typename: 'ValidationError', param: 'input.payloadBase64' },
    },
    {
      what: 'a payload of 2 MB',
      input: { payload: 'x'.repeat(2_000_000) },
      answer: { __typename: 'PayloadTooLargeError', code: 'PAYLOAD_TOO_LARGE' },
    },
  ])('refuses $what and keeps nothing', async ({ input, answer }) => {
    const { side, path } = await freshSide();
    const { data } = await bench.run(asKey(side), MUTATION, {
      input: { provider: 'STRIPE', endpoint: path, headers: [], ...input },
    });
    expect(data?.['ingestWebhook']).toMatchObject(answer);
    expect(await kept(side)).toEqual([]);
  });
});

describe('inboxEvents', () => {
  it('are filtered by state and type, and another workspace sees none of them', async () => {
    const { side, path } = await freshSide();
    for (const body of [stripeEvent({ id: 'evt_1' }), stripeEvent({ id: 'evt_2', type: 'charge.failed' }), 'rubbish'])
      await post(path, body, signed(body, now()));
    const list = async (of: Side, filter: string): Promise<unknown> =>
      (await bench.run(asKey(of), `{ inboxEvents(filter: ${filter}) { totalCount edges { node { type state } } } }`))
        .data?.['inboxEvents'];
    expect(await list(side, '{ state: DEAD }')).toEqual({
      totalCount: 1,
      edges: [{ node: { type: null, state: 'DEAD' } }],
    });
    expect(await list(side, '{ type: "charge.failed" }')).toMatchObject({ totalCount: 1 });
    expect(await list(here, '{ type: "charge.failed" }')).toEqual({ totalCount: 0, edges: [] });
    const [first] = await kept(side);
    const one = `{ inboxEvent(id: "${first?.id ?? ''}") { id connection { id } } }`;
    expect((await bench.run(asKey(side), one)).data).toEqual({
      inboxEvent: { id: first?.id, connection: { id: 'conn_1' } },
    });
    expect((await bench.run(asKey(here), one)).data).toEqual({ inboxEvent: null });
  });
});
