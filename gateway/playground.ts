import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export interface Playground {
  mount(server: FastifyInstance): void;
  send(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
}

const WELCOME = `# Welcome to Oppulence.
#
# 1. Put your API key into "Headers" below, after "Bearer ".
# 2. Press Ctrl+Enter to run an operation, Ctrl+Space to see what can be asked.
# 3. The book icon at the left explains every type and field.

{
  __typename
}
`;

const OPTIONS = {
  endpoint: '/graphql',
  title: 'Oppulence playground',
  subscriptionsProtocol: 'WS' as const,
  credentials: 'omit' as const,
  defaultHeaders: JSON.stringify({ Authorization: 'Bearer ' }, null, 2),
  defaultQuery: WELCOME,
  shouldPersistHeaders: true,
};

/**
 * Added to GraphiQL's options, which are JSON and can't hold functions: a socket's connection is opened with what the header editor
 * holds at that moment, as requests are. What GraphiQL kept from an earlier visit counts until the editor is touched.
 */
const SOCKET_HEADERS = `(() => {
  let edited = null;
  const kept = () => {
    try {
      const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem('graphiql:tabState'));
      return tabs[activeTabIndex].headers || localStorage.getItem('graphiql:headers');
    } catch { return localStorage.getItem('graphiql:headers'); }
  };
  return {
    onEditHeaders: (text) => { edited = text; },
    connectionParams: () => {
      try { return JSON.parse(edited ?? kept() ?? '{}'); } catch { return {}; }
    },
  };
})()`;

/**
 * GraphiQL in one page that loads nothing from anywhere. The page is 9 MB of script, so it is rendered, packed and named once, when it is
 * first asked for, and a browser that has it is answered 304. Its script runs because the policy names its digest; nothing else may run or be fetched.
 */
export function createPlayground(): Playground {
  let rendered: Promise<RenderedPage> | null = null;
  const send = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { html, packed, policy, etag } = await (rendered ??= render());
    void reply
      .header('content-security-policy', policy)
      .header('etag', etag)
      .header('cache-control', 'no-cache')
      .header('vary', 'Accept, Accept-Encoding')
      .type('text/html; charset=utf-8');
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    if (request.headers['accept-encoding']?.includes('gzip') !== true) return reply.send(html);
    return reply.header('content-encoding', 'gzip').send(packed);
  };
  return {
    send,
    mount: (server) => void server.get('/playground', send),
  };
}

interface RenderedPage {
  readonly html: Buffer;
  readonly packed: Buffer;
  readonly policy: string;
  readonly etag: string;
}

async function render(): Promise<RenderedPage> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql'); // 46 MB of a process that may never show it
  const html = withSocketHeaders(renderGraphiQL(OPTIONS));
  const digest = createHash('sha256').update(inlineScript(html)).digest('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${digest}' blob:`, // the editor's language services are workers made from blobs
    'worker-src blob:',
    "style-src 'unsafe-inline'", // the editor writes style elements as it goes
    "img-src 'self' data:",
    'font-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return {
    html: Buffer.from(html),
    packed: gzipSync(html),
    policy,
    etag: `"${createHash('sha256').update(html).digest('base64url')}"`,
  };
}

function withSocketHeaders(html: string): string {
  const options = JSON.stringify(OPTIONS);
  const at = html.lastIndexOf(options);
  if (at < 0) throw new Error('GraphiQL is not rendered with the options that were given: its package has changed.');
  return `${html.slice(0, at)}Object.assign(${options}, ${SOCKET_HEADERS})${html.slice(at + options.length)}`;
}

/** What a browser takes as the page's script: from the first script tag to the first end tag, whatever strings hold. */
function inlineScript(html: string): string {
  const start = html.indexOf('<script>', html.indexOf('<div id="root">')) + '<script>'.length;
  return html.slice(start, html.indexOf('</script', start));
}
