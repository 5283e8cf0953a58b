import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createMailSink } from '#subgraphs/shared/mail/mail-sink.ts';
import type { HttpRequest, HttpResponse } from '#subgraphs/shared/http/route.ts';
import { createPlatformBench, type PlatformBench, type Side } from './factories.ts';

let bench: PlatformBench;
let mine: Side;
let theirs: Side;
beforeAll(async () => {
  bench = await createPlatformBench();
  mine = (await bench.newPair()).test;
  theirs = (await bench.newPair()).test;
  const sink = createMailSink({ pool: bench.harness.system.pool });
  const mail = {
    from: 'Acme <billing@acme.test>',
    to: 'jane@customer.test',
    text: 'Pay here: http://127.0.0.1/pay/1',
    html: '<p>Pay <a href="http://127.0.0.1/pay/1">"here"</a></p><script>steal()</script>',
  };
  await sink.send({ ...mail, key: 'one', workspaceId: mine.workspaceId, subject: 'Your payment <failed>' });
  await sink.send({ ...mail, key: 'two', workspaceId: theirs.workspaceId, subject: 'Of somebody else' });
});
afterAll(async () => {
  await bench.close();
});

const get = (request: Partial<HttpRequest>): Promise<HttpResponse> => bench.http('GET', '/dev/outbox', request);
const bearer = (side: Side): Record<string, string> => ({ authorization: `Bearer ${side.apiKey}` });
const link = (workspaceId: string, access: string): URLSearchParams =>
  new URLSearchParams({ workspace: workspaceId, access });

describe('the outbox', () => {
  it('shows the mails of the key’s workspace as JSON, and no others', async () => {
    const answer = await get({ headers: { ...bearer(mine), accept: 'application/json' } });
    expect(answer.status).toBe(200);
    expect(JSON.parse(String(answer.body))).toEqual({
      workspaceId: mine.workspaceId,
      mails: [expect.objectContaining({ key: 'one', to: 'jane@customer.test', subject: 'Your payment <failed>' })],
    });
  });

  it('opens in a browser by the link that the command line prints, with every mail in a frame that runs no script', async () => {
    const answer = await get({
      query: link(mine.workspaceId, bench.platform.outboxAccess(mine.workspaceId)),
      headers: { accept: 'text/html' },
    });
    const page = String(answer.body);
    expect(answer.status).toBe(200);
    expect(page).toContain('Your payment &lt;failed&gt;');
    expect(page).not.toContain('Of somebody else');
    expect(page).not.toContain('<script');
    const [, sandbox] = /<iframe[^>]* sandbox="([^"]*)"/.exec(page) ?? [];
    expect(sandbox).toBe('allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation');
    expect(answer.headers?.['content-security-policy']).toContain("default-src 'none'");
    expect(answer.headers?.['content-security-policy']).not.toContain('script-src');
  });

  it.each<{ what: string; request: () => Partial<HttpRequest> }>([
    { what: 'nothing', request: () => ({}) },
    {
      what: 'the access of another workspace',
      request: () => ({ query: link(mine.workspaceId, bench.platform.outboxAccess(theirs.workspaceId)) }),
    },
    { what: 'an empty access', request: () => ({ query: link(mine.workspaceId, '') }) },
    { what: 'an unknown key', request: () => ({ headers: { authorization: `Bearer op_test_${'a'.repeat(32)}` } }) },
    {
      what: 'an unknown key beside a good link',
      request: () => ({
        query: link(mine.workspaceId, bench.platform.outboxAccess(mine.workspaceId)),
        headers: { authorization: 'Bearer x' },
      }),
    },
  ])('stays locked for $what, and says how to open it', async ({ request }) => {
    const answer = await get(request());
    expect(answer.status).toBe(401);
    expect(String(answer.body)).toContain('npx oppulence workspace create');
    expect(String(answer.body)).not.toContain('jane@customer.test');
    const asJson = await get({ ...request(), headers: { ...request().headers, accept: 'application/json' } });
    expect(asJson.status).toBe(401);
    expect(JSON.parse(String(asJson.body))).toMatchObject({ error: { code: 'invalid_api_key' } });
  });

  it('is not there for another machine, whatever it brings', async () => {
    for (const ip of ['10.0.0.7', '::ffff:10.0.0.7', '2001:db8::1']) {
      expect((await get({ ip, headers: bearer(mine) })).status).toBe(404);
    }
    for (const ip of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
      expect((await get({ ip, headers: bearer(mine) })).status).toBe(200);
  });

  it('does not exist where mail really leaves', async () => {
    const distributed = await createPlatformBench({ outbox: null });
    const paths = distributed.platform.routes?.map(({ path }) => path);
    await distributed.close();
    expect(paths).toEqual(['/v1/webhooks/stripe/connect', '/v1/webhooks/:provider/:endpoint']);
  });
});
