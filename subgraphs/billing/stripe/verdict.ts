import { isNativeError } from 'node:util/types';
import { ANSWERED, type Verdict } from '#subgraphs/shared/resilience/provider-call.ts';
import { retryAfterMs } from '#subgraphs/shared/resilience/retry-after.ts';

export type Headers = Readonly<Record<string, unknown>>;

export function header(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

export interface StripeAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined when it was no JSON. */
  readonly body: unknown;
}

/**
 * What an answer says about Stripe. Stripe knows best whether asking again can help (Stripe-Should-Retry), since it would replay what it
 * answered to an idempotency key before; where it is silent, the status decides.
 */
export function verdictOf({ status, headers, body }: StripeAnswer, now: Date): Verdict {
  const advice = header(headers, 'stripe-should-retry');
  const worthRetry = advice !== 'false';
  const pause = retryAfterMs(header(headers, 'retry-after'), { date: header(headers, 'date'), now });
  if (status >= 500 || (status < 300 && body === undefined))
    return { kind: 'SERVER_ERROR', worthRetry, retryAfterMs: pause };
  // A lock on one object is told as 429 too; it says nothing about our rate.
  if (status === 429 && errorCodeIn(body) !== 'lock_timeout') {
    const limit = header(headers, 'stripe-rate-limited-reason');
    return { kind: 'RATE_LIMITED', worthRetry, retryAfterMs: pause, limit };
  }
  if (status === 409 || status === 429 || (status >= 400 && advice === 'true'))
    return { kind: 'BUSY', worthRetry, retryAfterMs: pause };
  return ANSWERED;
}

function errorCodeIn(body: unknown): unknown {
  const error: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'error') : undefined;
  return typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
}

/** An error of the HTTP client; null for one about the request itself, such as a character that no header may have. */
export function verdictOfError(error: unknown): Verdict | null {
  const code: unknown = isNativeError(error) ? Reflect.get(error, 'code') : undefined;
  if (typeof code === 'string' && /^ERR_(HTTP_)?INVALID_|^ERR_UNESCAPED_/.test(code)) return null;
  return { kind: code === 'ETIMEDOUT' ? 'TIMEOUT' : 'CONNECTION', worthRetry: true, retryAfterMs: null };
}
