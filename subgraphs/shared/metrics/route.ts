import { constantTimeEqual } from '../crypto/crypto.ts';
import { AuthenticationError } from '../errors/errors.ts';
import { problem } from '../http/responses.ts';
import type { HttpRequest, HttpRoute } from '../http/route.ts';
import type { Metrics } from './metrics.ts';

export interface MetricsAccess {
  /** Whoever sends it as a bearer token reads the figures. Null: none was set. */
  readonly token: string | null;
  /** Whether the figures may be read without a token while none is set: the process listens on this machine alone. */
  readonly open: boolean;
}

/**
 * `GET /metrics`: what Prometheus scrapes. Any server that mounts `HttpRoute`s can serve it.
 * With a token, the token is needed, wherever the scraper is. Without one it is open on a loopback address and refused elsewhere.
 */
export function metricsRoute(metrics: Metrics, access: MetricsAccess): HttpRoute {
  return {
    method: 'GET',
    path: '/metrics',
    maxBytes: 0,
    handle: async (request) => {
      if (!mayRead(access, request)) return refused(access, request.requestId);
      const { contentType, text } = await metrics.scrape();
      return { status: 200, headers: { 'content-type': contentType, 'cache-control': 'no-store' }, body: text };
    },
  };
}

function mayRead({ token, open }: MetricsAccess, { headers }: HttpRequest): boolean {
  if (token === null) return open;
  const sent = /^bearer +(\S+)$/i.exec(headers['authorization']?.trim() ?? '')?.[1];
  return sent !== undefined && constantTimeEqual(sent, token);
}

function refused({ token }: MetricsAccess, requestId: string): ReturnType<typeof problem> {
  const message =
    token === null
      ? 'The metrics of this process are closed: it has no METRICS_TOKEN. Set one, and send it as "Authorization: Bearer <token>".'
      : 'Send the METRICS_TOKEN of this process as "Authorization: Bearer <token>".';
  const answer = problem(new AuthenticationError(message, 'MISSING_CREDENTIALS'), { requestId });
  return { ...answer, headers: { ...answer.headers, 'www-authenticate': 'Bearer' } };
}

/** The access that a process has to offer, by where it listens. */
export function metricsAccess(options: { readonly token: string | null; readonly host: string }): MetricsAccess {
  return { token: options.token, open: /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/.test(options.host) };
}
