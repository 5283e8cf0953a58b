import { createHash } from 'node:crypto';

import { statusOf } from '../errors/catalogue.ts';
import { toErrorExtensions } from '../errors/extensions.ts';
import type { HttpResponse } from './route.ts';

/** JSON that nobody caches or takes for something else. A bigint becomes text, as everywhere on the wire. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse {
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    body: JSON.stringify(body, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)),
  };
}

export interface HtmlOptions {
  /** The text of each `<style>` element on the page, exactly; only these are applied by the browser. */
  readonly styles?: readonly string[];
  /** The text of each inline `<script>` element, exactly. Without any, no script runs. */
  readonly scripts?: readonly string[];
  /**
   * Origins that a form may end at besides our own. A browser applies this to the redirect after the POST as well: a form that is
   * answered with a redirect to a hosted Checkout needs that origin here, or the customer is stuck.
   */
  readonly formTargets?: readonly string[];
  readonly headers?: Record<string, string>;
}

/**
 * A page that loads nothing but itself: no frames around it, no script or style that is not named, no referrer sent on (our
 * paths carry tokens), no copy in any cache.
 */
export function html(status: number, body: string, options: HtmlOptions = {}): HttpResponse {
  const { styles = [], scripts = [], formTargets = [], headers = {} } = options;
  const policy = [
    "default-src 'none'",
    "img-src 'self' data:",
    `style-src ${sources(styles)}`,
    `script-src ${sources(scripts)}`,
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': policy,
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=()',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-robots-tag': 'noindex, nofollow',
      ...headers,
    },
    body,
  };
}

/** 303: the browser follows with a GET, also after a POST. */
export function seeOther(location: string): HttpResponse {
  return {
    status: 303,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
    body: '',
  };
}

/**
 * An error as a REST body: `{ error: { type, code, message, param, doc_url, request_id, retry_after, required_scope } }`, fields
 * without a value left out, `code` in lower case. What is not a DomainError is masked and answered 500, or 503 when it may pass.
 */
export function problem(error: unknown, { requestId, status }: { requestId: string; status?: number }): HttpResponse {
  const shown = toErrorExtensions(error, { requestId });
  const body = {
    type: shown.type,
    code: shown.code.toLowerCase(),
    message: shown.message,
    param: shown.param ?? undefined,
    doc_url: shown.docUrl,
    request_id: shown.requestId,
    retry_after: shown.retryAfter ?? undefined,
    required_scope: shown.requiredScope ?? undefined,
  };
  const retry: Record<string, string> = shown.retryAfter === null ? {} : { 'retry-after': String(shown.retryAfter) };
  return json(status ?? statusOf(shown.code, shown.type), { error: body }, { 'x-request-id': requestId, ...retry });
}

function sources(texts: readonly string[]): string {
  if (texts.length === 0) return "'none'";
  return texts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join(' ');
}
