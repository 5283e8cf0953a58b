/** Stripe's error bodies. */
import { NAMES, type Kind, type PaymentIntent, type PaymentMethod, type SetupIntent } from '../store/kinds.ts';

export interface ErrorBody {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  message: string;
  code?: string;
  param?: string;
  decline_code?: string;
  advice_code?: string;
  network_advice_code?: string;
  network_decline_code?: string;
  charge?: string;
  payment_intent?: PaymentIntent;
  payment_method?: PaymentMethod;
  setup_intent?: SetupIntent;
  doc_url?: string;
  request_log_url?: string;
}

/**
 * An answer that is not 2xx. `keep: true` commits what happened on the way (a declined charge happened); otherwise the request leaves no trace.
 * `validation` marks a request that never began: its answer is not stored under an idempotency key.
 */
export class StripeError extends Error {
  readonly status: number;
  readonly body: ErrorBody;
  readonly keep: boolean;
  readonly validation: boolean;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    body: ErrorBody,
    options: { keep?: boolean; validation?: boolean; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(body.message);
    this.status = status;
    this.body = body.code
      ? { ...body, doc_url: `https://stripe.com/docs/error-codes/${body.code.replaceAll('_', '-')}` }
      : body;
    this.keep = options.keep ?? false;
    this.validation = options.validation ?? false;
    this.headers = options.headers ?? {};
  }
}

/** A request that makes no sense as it stands. */
export function invalid(message: string, extra: { code?: string; param?: string } = {}): StripeError {
  return new StripeError(400, { type: 'invalid_request_error', message, ...extra }, { validation: true });
}

/** A request that makes sense, and is refused because of the state of things. */
export function refused(
  message: string,
  extra: { code?: string; param?: string; payment_intent?: PaymentIntent; setup_intent?: SetupIntent } = {},
): StripeError {
  return new StripeError(400, { type: 'invalid_request_error', message, ...extra });
}

export class NotFound extends StripeError {
  constructor(kind: Kind, id: string, param: string | null = 'id') {
    super(
      404,
      {
        type: 'invalid_request_error',
        code: 'resource_missing',
        message: `No such ${NAMES[kind]}: '${id}'`,
        ...(param ? { param } : {}),
      },
      { validation: true },
    );
  }
}

export function unauthorized(key: string | null): StripeError {
  const message =
    key === null
      ? "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/."
      : `Invalid API Key provided: ${masked(key)}`;
  return new StripeError(401, { type: 'invalid_request_error', message }, { validation: true });
}

export function unknownUrl(method: string, path: string): StripeError {
  return new StripeError(
    404,
    {
      type: 'invalid_request_error',
      message: `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
    },
    { validation: true },
  );
}

function masked(key: string): string {
  return key.length <= 12 ? '*'.repeat(key.length) : `${key.slice(0, 8)}${'*'.repeat(key.length - 12)}${key.slice(-4)}`;
}
