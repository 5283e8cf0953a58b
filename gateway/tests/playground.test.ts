import { createHash } from 'node:crypto';
import { Script } from 'node:vm';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startGateway } from './support/gateway.ts';

import type { TestGateway } from './support/gateway.ts';

let at: TestGateway;
beforeAll(async () => {
  at = await startGateway({ playground: true });
});
afterAll(async () => at.gateway.close());

const open = async (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${at.url}${path}`, { headers: { accept: 'text/html,*/*', ...headers } });

describe('the playground', () => {
  it.each(['/graphql', '/playground'])('opens at %s in a browser', async (path) => {
    const response = await open(path);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('Oppulence playground');
  });

  it('is one page: no script, style, font or picture comes from elsewhere', async () => {
    const html = await (await open('/playground')).text();
    const head =
      html.slice(0, html.indexOf('<style>')) +
      html.slice(html.indexOf('</style>'), html.indexOf('function prepareBlob'));
    expect(head).not.toMatch(/(?:src|href)="(?!data:)/);
    expect(html.slice(html.indexOf('<style>'), html.indexOf('</style>'))).not.toMatch(/@import|url\((?!data:|#)/);
  });

  it('runs exactly the script that its policy names, and may fetch from its own address alone', async () => {
    const response = await open('/playground');
    const html = await response.text();
    const policy = response.headers.get('content-security-policy') ?? '';
    const start = html.indexOf('<script>\n        function prepareBlob') + '<script>'.length;
    const script = html.slice(start, html.indexOf('</script', start));
    expect(policy).toContain(`'sha256-${createHash('sha256').update(script).digest('base64')}'`);
    expect(policy).toContain("connect-src 'self'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe|https?:/);
    expect(() => new Script(script)).not.toThrow();
  });

  it('hands the header editor to the socket, so that subscriptions carry the key', async () => {
    const html = await (await open('/playground')).text();
    expect(html).toMatch(/Object\.assign\(\{"endpoint":"\/graphql".*"subscriptionsProtocol":"WS".*connectionParams:/s);
  });

  it('is not sent again to a browser that has it', async () => {
    const etag = (await open('/playground')).headers.get('etag') ?? '';
    expect((await open('/playground', { 'if-none-match': etag })).status).toBe(304);
  });

  it('is not there when it is switched off', async () => {
    const closed = await startGateway();
    const statuses = await Promise.all(
      ['/playground', '/graphql'].map(
        async (path) => (await fetch(`${closed.url}${path}`, { headers: { accept: 'text/html' } })).status,
      ),
    );
    await closed.gateway.close();
    expect(statuses).toEqual([404, 400]);
  });
});
