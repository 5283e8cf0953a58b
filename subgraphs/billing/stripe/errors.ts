import { DomainError, ProviderRefusedError, ProviderUnavailableError } from '#subgraphs/shared/errors/errors.ts';
import { retryAfterMs } from '#subgraphs/shared/resilience/retry-after.ts';
import { header, type Headers } from './verdict.ts';

/** The parts of the SDK's error that matter. Told by its fields, since the SDK is loaded lazily and its classes are not at hand. */
export interface StripeFailure {
  readonly type: string;
  readonly statusCode: number | undefined;
  readonly code: string | undefined;
  readonly declineCode: string | undefined;
  readonly adviceCode: string | undefined;
  readonly message: string;
  /** Seconds; null when Stripe did not say. */
  readonly retryAfterS: number | null;
  /** What our own HTTP client threw, when the SDK only wrapped it. */
  readonly detail: unknown;
}

export function stripeFailureOf(error: unknown): StripeFailure | null {
  if (
    !(error instanceof Error) ||
    !('type' in error) ||
    typeof error.type !== 'string' ||
    !error.type.startsWith('Stripe')
  )
    return null;
  const field = (name: string): string | undefined => {
    const value: unknown = Reflect.get(error, name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const statusCode: unknown = Reflect.get(error, 'statusCode');
  return {
    type: error.type,
    statusCode: typeof statusCode === 'number' ? statusCode : undefined,
    code: field('code'),
    declineCode: field('decline_code'),
    adviceCode: field('advice_code'),
    message: error.message,
    retryAfterS: retryAfterIn(error),
    detail: Reflect.get(error, 'detail'),
  };
}

function retryAfterIn(error: Error): number | null {
  const headers: unknown = Reflect.get(error, 'headers');
  if (typeof headers !== 'object' || headers === null) return null;
  const told = headers as Headers;
  const ms = retryAfterMs(header(told, 'retry-after'), { date: header(told, 'date') });
  return ms === null ? null : ms / 1000;
}

/** Stripe's errors in the house's two words; anything else is passed on as it is, a bug included. `sent`: whether anything left the house. */
export function providerErrorOf(error: unknown, { sent }: { readonly sent: boolean } = { sent: true }): unknown {
  if (error instanceof DomainError) return error;
  const failure = stripeFailureOf(error);
  if (failure === null) return error;
  // A call of several requests may have been held back in its middle.
  if (failure.detail instanceof ProviderUnavailableError) return sent ? failure.detail.asSent() : failure.detail;
  if (isUnavailable(failure)) {
    return new ProviderUnavailableError(
      'stripe',
      'Stripe gave no usable answer. It is safe to try again in a moment.',
      { internal: failure.message, cause: error, retryAfterS: failure.retryAfterS ?? undefined },
    );
  }
  return new ProviderRefusedError('stripe', `Stripe refused: ${failure.message}`, failure.code ?? failure.type, {
    cause: error,
  });
}

/** No answer, an answer of a broken server, too many requests, or a request with the same idempotency key still under way. */
function isUnavailable({ statusCode, type }: StripeFailure): boolean {
  return statusCode === undefined
    ? type === 'StripeConnectionError' || type === 'StripeAPIError'
    : statusCode >= 500 || statusCode === 429 || statusCode === 409;
}
