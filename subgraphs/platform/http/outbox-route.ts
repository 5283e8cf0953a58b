import { constantTimeEqual } from '#subgraphs/shared/crypto/crypto.ts';
import type { Caller } from '#subgraphs/shared/graphql/context.ts';
import { grants } from '#subgraphs/shared/graphql/scopes.ts';
import { html, json, problem } from '#subgraphs/shared/http/responses.ts';
import type { HttpRequest, HttpResponse, HttpRoute } from '#subgraphs/shared/http/route.ts';
import { AuthenticationError, NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import type { MailSink } from '#subgraphs/shared/mail/mail-sink.ts';
import { lockedOutboxPage, outboxPage } from './outbox-page.ts';

export interface OutboxRouteDeps {
  readonly outbox: Pick<MailSink, 'list'>;
  readonly authenticate: (token: string) => Promise<Caller | null>;
  readonly outboxAccess: (workspaceId: string) => string;
}

/**
 * `GET /dev/outbox`: the mails of one workspace, instead of an inbox. Mounted where everything runs on one machine, answers to that machine
 * only, and asks for the workspace's API key or for the access that the command line prints.
 */
export function outboxRoute(deps: OutboxRouteDeps): HttpRoute {
  return { method: 'GET', path: '/dev/outbox', maxBytes: 0, handle: (req) => handle(deps, req) };
}

async function handle(deps: OutboxRouteDeps, req: HttpRequest): Promise<HttpResponse> {
  const wantsJson = (req.headers['accept'] ?? '').includes('application/json');
  // Absent rather than forbidden: from elsewhere there is no such page.
  if (!isLoopback(req.ip)) return problem(new NotFoundError('page', '/dev/outbox'), { requestId: req.requestId });
  const workspaceId = await workspaceOf(deps, req);
  if (workspaceId === null) {
    return wantsJson
      ? problem(new AuthenticationError(), { requestId: req.requestId })
      : page(401, await lockedOutboxPage());
  }
  const mails = await deps.outbox.list(workspaceId, { limit: 100 });
  if (!wantsJson) return page(200, await outboxPage(workspaceId, mails));
  return json(200, {
    workspaceId,
    mails: mails.map(({ key, from, to, subject, html: markup, text, headers, capturedAt }) => ({
      key,
      from,
      to,
      subject,
      html: markup,
      text,
      headers,
      capturedAt,
    })),
  });
}

async function workspaceOf(deps: OutboxRouteDeps, req: HttpRequest): Promise<string | null> {
  const [, token] = /^Bearer\s+(\S+)$/i.exec(req.headers['authorization'] ?? '') ?? [];
  if (token !== undefined) {
    const caller = await deps.authenticate(token);
    return caller?.kind === 'API_KEY' && grants(caller.scopes, 'recovery:read') ? caller.workspaceId : null;
  }
  const workspaceId = req.query.get('workspace');
  const access = req.query.get('access');
  if (workspaceId === null || access === null) return null;
  return constantTimeEqual(access, deps.outboxAccess(workspaceId)) ? workspaceId : null;
}

const isLoopback = (ip: string): boolean => /^(::ffff:)?127\.|^::1$/.test(ip);

function page(status: number, body: string): HttpResponse {
  const answer = html(status, body);
  // The mails stand in frames of this page and inherit its policy: they bring styles of their own and may show pictures from elsewhere.
  const policy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
  return { ...answer, headers: { ...answer.headers, 'content-security-policy': policy } };
}
