import path from 'node:path';
import { html } from '#subgraphs/shared/http/responses.ts';
import type { HttpResponse } from '#subgraphs/shared/http/route.ts';
import { createTemplates } from '#subgraphs/shared/mail/templates.ts';

const templates = createTemplates(path.join(import.meta.dirname, 'templates'));

const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 34rem; margin: 0 auto; padding: 3rem 1.25rem; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .5rem; }
p { margin: 0; overflow-wrap: anywhere; }
`;

export async function oauthEndPage(end: {
  readonly status: number;
  readonly heading: string;
  readonly message: string;
}): Promise<HttpResponse> {
  const { status, heading, message } = end;
  return html(status, await templates.render('oauth-end.html', { style: STYLE, heading, message }), {
    styles: [STYLE],
  });
}
