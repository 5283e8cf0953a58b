import { request as httpRequest } from 'node:http';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';

import { startGateway } from './support/gateway.ts';

import type { HttpRequest, HttpRoute } from '#subgraphs/shared/http/route.ts';

import type { TestGateway } from './support/gateway.ts';

let received: HttpRequest | null = null;
const remember =
  (status: number, body: string, headers: Record<string, string> = {}): HttpRoute['handle'] =>
  async (request) => {
    received = request;
    return Promise.resolve({ status, body, headers });
  };

const routes: HttpRoute[] = [
  { method: 'POST', path: '/v1/webhooks/:provider/:endpoint', maxBytes: 1_500_000, handle: remember(202, 'stored') },
  { method: 'POST', path: '/small', maxBytes: 10, handle: remember(200, '') },
  {
    method: 'GET',
    path: '/pay/:token',
    maxBytes: 0,
    handle: remember(200, '<p>pay</p>', {
      'content-type': 'text/html',
      'content-security-policy': "default-src 'self'",
    }),
  },
  { method: 'GET', path: '/bug', maxBytes: 0, handle: async () => Promise.reject(new Error('password=hunter2')) },
  {
    method: 'GET',
    path: '/absent',
    maxBytes: 0,
    handle: async () => Promise.reject(new NotFoundError('MagicLink', 'x')),
  },
];

let at: TestGateway;
let databaseAway = false;
beforeAll(async () => {
  at = await startGateway({
    routes,
    landing: [{ label: 'Playground', href: '/playground', hint: 'Explore <the> graph' }],
    checks: {
      postgres: async () => (databaseAway ? Promise.reject(new Error('refused by 10.0.0.7')) : Promise.resolve()),
    },
  });
});
afterAll(async () => at.gateway.close());

describe('a raw route', () => {
  it('gets the exact bytes, its path parts, query and headers', async () => {
    const body = Buffer.from([0x7b, 0x22, 0xff, 0x00, 0x20, 0x0a]);
    const response = await fetch(`${at.url}/v1/webhooks/stripe/a%20b?x=1&x=2`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'stripe-signature': 't=1,v1=ab', 'x-request-id': 'evt-1' },
    });
    expect([response.status, await response.text()]).toEqual([202, 'stored']);
    expect(received?.body.equals(body)).toBe(true);
    expect(received).toMatchObject({
      params: { provider: 'stripe', endpoint: 'a b' },
      url: '/v1/webhooks/stripe/a%20b?x=1&x=2',
      requestId: 'evt-1',
      ip: '127.0.0.1',
    });
    expect(received?.query.getAll('x')).toEqual(['1', '2']);
    expect(received?.headers['stripe-signature']).toBe('t=1,v1=ab');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'nonsense'])(
    'takes a body of type %s as it is',
    async (type) => {
      await fetch(`${at.url}/v1/webhooks/stripe/e`, {
        method: 'POST',
        body: 'a=1&b',
        headers: { 'content-type': type },
      });
      expect(received?.body.toString()).toBe('a=1&b');
    },
  );

  it('takes a request without a body', async () => {
    const response = await fetch(`${at.url}/v1/webhooks/stripe/e`, { method: 'POST' });
    expect(response.status).toBe(202);
    expect(received?.body).toHaveLength(0);
  });

  it('takes a body larger than GraphQL may have, and refuses one above its own bound with 413', async () => {
    expect(
      (await fetch(`${at.url}/v1/webhooks/stripe/e`, { method: 'POST', body: 'x'.repeat(1_400_000) })).status,
    ).toBe(202);
    for (const [path, size] of [
      ['/small', 11],
      ['/v1/webhooks/stripe/e', 2_000_000],
    ] as const) {
      const response = await fetch(`${at.url}${path}`, { method: 'POST', body: 'x'.repeat(size) });
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({
        error: { type: 'validation_error', code: 'body_too_large', request_id: expect.any(String) },
      });
    }
  });

  it('may set its own policy; the other headers are ours', async () => {
    const { headers } = await fetch(`${at.url}/pay/a-token`);
    expect(headers.get('content-security-policy')).toBe("default-src 'self'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('leaves its pattern in the log and not its address, which may hold a secret', async () => {
    await fetch(`${at.url}/pay/a-secret-token`, { headers: { 'x-request-id': 'pay-1' } });
    expect(
      at.log.find(({ message, fields }) => message === 'request' && fields['requestId'] === 'pay-1')?.fields,
    ).toMatchObject({ route: '/pay/:token', status: 200 });
    expect(JSON.stringify(at.log)).not.toContain('a-secret-token');
  });

  it('that fails is masked; that refuses is told, in the REST shape', async () => {
    const bug = await fetch(`${at.url}/bug`);
    expect(bug.status).toBe(500);
    expect(await bug.json()).toEqual({
      error: {
        type: 'api_error',
        code: 'internal_error',
        doc_url: expect.any(String),
        message: expect.stringContaining('went wrong'),
        request_id: bug.headers.get('x-request-id'),
      },
    });
    const absent = await fetch(`${at.url}/absent`);
    expect(absent.status).toBe(404);
    expect(await absent.json()).toMatchObject({ error: { type: 'not_found_error', code: 'not_found' } });
  });

  it('that collides with another is found at start', async () => {
    const [first] = routes;
    await expect(startGateway({ routes: first === undefined ? [] : [first, first] })).rejects.toThrow(
      /already declared/,
    );
  });
});

describe('an address with nothing behind it', () => {
  it('is answered as JSON to programs', async () => {
    const response = await fetch(`${at.url}/nothing?secret=1`);
    expect(response.status).toBe(404);
    const body = (await response.json()) as { error: { message: string } };
    expect(body).toMatchObject({ error: { type: 'not_found_error', code: 'route_not_found' } });
    expect(body.error.message).not.toContain('secret');
  });

  it('is answered as a page to browsers', async () => {
    const response = await fetch(`${at.url}/nothing`, { headers: { accept: 'text/html' } });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('text/html');
  });
});

describe('the landing page', () => {
  it('links to what is there, with text escaped and no script', async () => {
    const response = await fetch(at.url);
    const html = await response.text();
    expect(html).toContain('<a href="/playground">Playground</a>');
    expect(html).toContain('Explore &#60;the&#62; graph');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});

describe('health', () => {
  it('answers as long as the process does', async () => {
    const response = await fetch(`${at.url}/health`);
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok', version: '0.0.0-test' }]);
  });

  it('is ready when every check passes, and says which does not without saying why', async () => {
    const ready = await fetch(`${at.url}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ready', version: '0.0.0-test', checks: { postgres: 'ok' } },
    ]);
    databaseAway = true;
    const away = await fetch(`${at.url}/health/ready`);
    databaseAway = false;
    const body = await away.text();
    expect(away.status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({ status: 'not ready', checks: { postgres: 'failed' } });
    expect(body).not.toContain('10.0.0.7');
  });
});

describe('a request id', () => {
  it('is returned, made up when it is absent or not a plain word', async () => {
    const idOf = async (given?: string): Promise<string | null> =>
      (await fetch(`${at.url}/health`, given === undefined ? {} : { headers: { 'x-request-id': given } })).headers.get(
        'x-request-id',
      );
    expect(await idOf('abc-123')).toBe('abc-123');
    expect(await idOf()).toMatch(/^req_/);
    expect(await idOf('a b<script>')).toMatch(/^req_/);
    expect(await idOf('x'.repeat(129))).toMatch(/^req_/);
  });
});

it('an address that is not one is refused in our own words', async () => {
  const response = await fetch(`${at.url}/%E0%A4%A`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { type: 'validation_error', code: 'bad_request' } });
});

it('a Host header that is not one does not become a fault of ours', async () => {
  const { port } = new URL(at.url);
  const status = await new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        port,
        path: '/graphql',
        method: 'POST',
        headers: { host: 'a b[', 'content-type': 'application/json', authorization: 'Bearer op_test_goodkey' },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    );
    request.on('error', reject);
    request.end('{"query":"{ me }"}');
  });
  expect(status).toBeLessThan(500);
});
