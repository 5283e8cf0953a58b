import { docUrlOf, ERROR_CATALOGUE, isKnownCode } from './catalogue.ts';
import { AuthorizationError, DomainError, ProviderUnavailableError, RateLimitError, type ErrorType } from './errors.ts';
import { isTransient } from './transient.ts';

/** What a client gets beside the message of a top-level error, in GraphQL's `extensions` and (in snake case) in REST's `error`. */
export interface ErrorExtensions {
  readonly type: ErrorType;
  /** SCREAMING_SNAKE, stable; REST spells it in lower case. */
  readonly code: string;
  /** Fit for a customer: whatever we do not know to be so is replaced by a sentence of ours. */
  readonly message: string;
  readonly param: string | null;
  readonly docUrl: string;
  readonly requestId: string;
  /** Whole seconds, for what may succeed later. */
  readonly retryAfter: number | null;
  readonly requiredScope: string | null;
}

const RETRY_AFTER_TROUBLE_S = 2;

/**
 * Reads any thrown value. DomainErrors (also inside GraphQL's wrapping) speak for themselves; GraphQL's own errors about the
 * document keep their message; trouble becomes TEMPORARILY_UNAVAILABLE; everything else is a bug and is masked as INTERNAL_ERROR.
 * The caller logs the original.
 */
export function toErrorExtensions(error: unknown, { requestId }: { requestId: string }): ErrorExtensions {
  const refusal = findDomainError(error);
  if (refusal) return ofDomainError(refusal, requestId);

  const code = codeInExtensions(error);
  if (isKnownCode(code) && ERROR_CATALOGUE[code].type !== 'api_error') {
    return { ...blank(code, ERROR_CATALOGUE[code].type, requestId), message: messageOf(error) };
  }
  if (code === undefined && isDocumentError(error)) {
    return { ...blank('GRAPHQL_VALIDATION_FAILED', 'validation_error', requestId), message: messageOf(error) };
  }
  if (code === 'DOWNSTREAM_SERVICE_ERROR') {
    const message = `One part of the graph did not answer. Try again; if it stays, report request ${requestId}.`;
    return { ...blank(code, 'api_error', requestId), message, retryAfter: RETRY_AFTER_TROUBLE_S };
  }
  if (isTransient(error)) {
    const message = 'The service is busy or restarting. Try again in a few seconds.';
    return { ...blank('TEMPORARILY_UNAVAILABLE', 'api_error', requestId), message, retryAfter: RETRY_AFTER_TROUBLE_S };
  }
  const message = `An internal error occurred. Try again; if it stays, report request ${requestId}.`;
  return { ...blank('INTERNAL_ERROR', 'api_error', requestId), message };
}

function ofDomainError(error: DomainError, requestId: string): ErrorExtensions {
  return {
    ...blank(error.code, error.type, requestId),
    message: error.message,
    param: error.param ?? null,
    retryAfter: error instanceof RateLimitError || error instanceof ProviderUnavailableError ? error.retryAfter : null,
    requiredScope: error instanceof AuthorizationError ? error.requiredScope : null,
  };
}

function blank(code: string, type: ErrorType, requestId: string): ErrorExtensions {
  return {
    type,
    code,
    message: '',
    param: null,
    docUrl: docUrlOf(code),
    requestId,
    retryAfter: null,
    requiredScope: null,
  };
}

/** GraphQLError keeps what a resolver threw in `originalError`, sometimes twice. */
function findDomainError(error: unknown, depth = 0): DomainError | null {
  if (error instanceof DomainError) return error;
  if (typeof error !== 'object' || error === null || depth > 4) return null;
  return findDomainError((error as { originalError?: unknown }).originalError, depth + 1);
}

function codeInExtensions(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined;
  const { extensions } = error as { extensions?: unknown };
  return typeof extensions === 'object' && extensions !== null ? (extensions as { code?: unknown }).code : undefined;
}

/** A GraphQLError that wraps nothing and has a place in the document, but no path: made by parsing or validation, not by a resolver. */
function isDocumentError(error: unknown): boolean {
  if (!(error instanceof Error) || error.name !== 'GraphQLError') return false;
  const { originalError, nodes, path } = error as Error & { originalError?: unknown; nodes?: unknown; path?: unknown };
  return originalError === undefined && nodes !== undefined && path === undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String((error as { message?: unknown }).message);
}
