/** The seven kinds of trouble a caller tells apart without knowing single codes. They are the `type` of every error we send. */
export const ERROR_TYPES = [
  'validation_error',
  'authentication_error',
  'authorization_error',
  'not_found_error',
  'conflict_error',
  'rate_limit_error',
  'provider_error',
  'api_error',
] as const;
export type ErrorType = (typeof ERROR_TYPES)[number];

export interface DomainErrorDetails {
  /** The argument that was refused, as the caller wrote it (`input.currency`). */
  readonly param?: string | undefined;
  /** Goes to the log and never to a caller. */
  readonly internal?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A refusal: the caller asked for something that the rules forbid, and asking again unchanged will be refused again.
 * `code` is stable API; `message` goes to a customer and says what to do next. Anything that is not a DomainError is
 * either trouble (see transient.ts) or a bug, and its message is never shown.
 */
export abstract class DomainError extends Error {
  abstract readonly code: string;
  readonly type: ErrorType = 'conflict_error';
  readonly param: string | undefined;
  readonly internal: string | undefined;

  constructor(message: string, details: DomainErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.param = details.param;
    this.internal = details.internal;
  }
}

/** Absent and belonging to another workspace are the same answer: a caller must not learn which ids exist elsewhere. */
export class NotFoundError extends DomainError {
  readonly code = 'NOT_FOUND';
  override readonly type = 'not_found_error';
  readonly entity: string;
  readonly id: string;

  constructor(entity: string, id: string) {
    super(`There is no ${entity} ${id} in this workspace. Check the id and the workspace of your API key.`);
    this.entity = entity;
    this.id = id;
  }
}

/** An argument that is well formed for GraphQL but not for the business. `param` names it. */
export class ValidationError extends DomainError {
  readonly code: string = 'INVALID_PARAMETER';
  override readonly type = 'validation_error';

  constructor(message: string, param?: string, details: Omit<DomainErrorDetails, 'param'> = {}) {
    super(message, { ...details, param });
  }
}

/** The object changed meanwhile, or already is what it was asked to become by somebody else. */
export class ConflictError extends DomainError {
  readonly code = 'CONFLICT';

  constructor(message: string, details: DomainErrorDetails = {}) {
    super(message, details);
  }
}

/** The provider understood the call and said no: calling again changes nothing until somebody changes something. */
export class ProviderRefusedError extends DomainError {
  readonly code = 'PROVIDER_REFUSED';
  override readonly type = 'provider_error';
  readonly provider: string;
  /** The provider's own word for it (`card_declined`), when it gave one. */
  readonly providerCode: string | undefined;

  constructor(provider: string, message: string, providerCode?: string, details: DomainErrorDetails = {}) {
    super(message, details);
    this.provider = provider;
    this.providerCode = providerCode;
  }
}

export interface ProviderUnavailableDetails extends DomainErrorDetails {
  /** Seconds until it is worth another try, when somebody said so or it can be told. */
  readonly retryAfterS?: number | undefined;
  readonly notSent?: boolean | undefined;
}

/** No usable answer came: whether the provider did what it was asked is unknown. Safe to retry with the same idempotency key only. */
export class ProviderUnavailableError extends DomainError {
  readonly code = 'PROVIDER_UNAVAILABLE';
  override readonly type = 'provider_error';
  readonly provider: string;
  /** In whole seconds, at least 1; null when nothing is known about it. */
  readonly retryAfter: number | null;
  /** True when it is certain that nothing left this house: the call was held back because the provider is known to be away. */
  readonly notSent: boolean;

  constructor(provider: string, message: string, details: ProviderUnavailableDetails = {}) {
    super(message, details);
    this.provider = provider;
    this.retryAfter = details.retryAfterS === undefined ? null : Math.max(1, Math.ceil(details.retryAfterS));
    this.notSent = details.notSent ?? false;
  }

  /** The same, of a call of which an earlier part did leave: it is not known how far it came. */
  asSent(): ProviderUnavailableError {
    const { provider, message, internal, retryAfter } = this;
    return new ProviderUnavailableError(provider, message, {
      internal,
      cause: this,
      retryAfterS: retryAfter ?? undefined,
    });
  }
}

/** Top level only: who is calling is not known. */
export class AuthenticationError extends DomainError {
  readonly code: 'INVALID_API_KEY' | 'MISSING_CREDENTIALS';
  override readonly type = 'authentication_error';

  constructor(
    message = 'This API key is invalid, expired or revoked. Send a current key as "Authorization: Bearer <key>".',
    code: 'INVALID_API_KEY' | 'MISSING_CREDENTIALS' = 'INVALID_API_KEY',
  ) {
    super(message);
    this.code = code;
  }
}

/** Top level only: the caller is known and may not do this. */
export class AuthorizationError extends DomainError {
  readonly code = 'INSUFFICIENT_PERMISSIONS';
  override readonly type = 'authorization_error';
  readonly requiredScope: string;

  constructor(requiredScope: string) {
    super(`This needs the scope ${requiredScope}, which your credentials do not have. Use a key that has it.`);
    this.requiredScope = requiredScope;
  }
}

/** Top level only. `retryAfter` is in whole seconds, at least 1. */
export class RateLimitError extends DomainError {
  readonly code = 'RATE_LIMIT_EXCEEDED';
  override readonly type = 'rate_limit_error';
  readonly retryAfter: number;

  constructor(retryAfterS: number) {
    const retryAfter = Math.max(1, Math.ceil(retryAfterS));
    super(`Rate limit exceeded. Retry after ${String(retryAfter)} seconds.`);
    this.retryAfter = retryAfter;
  }
}

/** The same Idempotency-Key with another request: a mistake of the caller, not a repeat. */
export class IdempotencyKeyReusedError extends DomainError {
  readonly code = 'IDEMPOTENCY_KEY_REUSED';

  constructor() {
    super('This Idempotency-Key was used for another request. Use a new key for a new request.', {
      param: 'Idempotency-Key',
    });
  }
}
