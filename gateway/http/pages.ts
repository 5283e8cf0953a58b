import { createHash } from 'node:crypto';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { sendRefusal } from './errors.ts';

import type { GatewayDeps, LandingLink } from '../types.ts';

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 38rem; margin: 12vh auto 2rem; padding: 0 1.25rem; }
  h1 { font-size: 1.6rem; margin: 0 0 .25rem; letter-spacing: -.01em; }
  p { margin: .25rem 0 1.5rem; opacity: .8; }
  ul { list-style: none; margin: 0; padding: 0; }
  li { border-top: 1px solid color-mix(in srgb, currentColor 18%, transparent); padding: .75rem 0; }
  a { font-weight: 600; color: inherit; }
  small { display: block; opacity: .7; }
`;

/** Inline style is let through by its digest, so that the page needs no file beside it and no relaxed policy. */
const CSP = `default-src 'none'; img-src data:; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'`;

export function wantsHtml(request: Pick<FastifyRequest, 'headers'>): boolean {
  return request.headers.accept?.includes('text/html') === true;
}

export function mountLanding(server: FastifyInstance, deps: Pick<GatewayDeps, 'landing' | 'version'>): void {
  const { landing } = deps;
  if (landing === undefined) return;
  const html = page('Oppulence', `Revenue operations as one GraphQL supergraph. Version ${deps.version}.`, landing);
  server.get('/', async (_request, reply) => Promise.resolve(sendHtml(reply, 200, html)));
}

export function mountNotFound(server: FastifyInstance, deps: Pick<GatewayDeps, 'landing'>): void {
  const html = page(
    'Nothing here',
    'There is no page at this address. Check it for a typing mistake.',
    deps.landing ?? [],
  );
  server.setNotFoundHandler((request, reply) => {
    if (wantsHtml(request)) return sendHtml(reply, 404, html);
    const message = `There is nothing at ${request.method} ${request.url.split('?')[0]?.slice(0, 200) ?? ''}. The GraphQL endpoint is POST /graphql.`;
    return sendRefusal(request, reply, { type: 'not_found_error', code: 'ROUTE_NOT_FOUND', message, status: 404 });
  });
}

function sendHtml(reply: FastifyReply, status: number, html: string): FastifyReply {
  return reply
    .code(status)
    .header('content-security-policy', CSP)
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(html);
}

function page(title: string, text: string, links: readonly LandingLink[]): string {
  const items = links.map(
    ({ label, href, hint }) =>
      `<li><a href="${escaped(href)}">${escaped(label)}</a><small>${escaped(hint)}</small></li>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><h1>${escaped(title)}</h1><p>${escaped(text)}</p><ul>${items.join('')}</ul></body>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
