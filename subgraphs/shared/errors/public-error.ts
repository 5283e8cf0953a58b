import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { ServerLog } from '../logging/server-log.ts';
import { AuthorizationError, DomainError, RateLimitError } from './errors.ts';
import { internalError, refusal, temporarilyUnavailable } from './refusal.ts';
import { isTransient } from './transient.ts';

export interface Place {
  readonly log: ServerLog;
  readonly subgraph: string;
  readonly requestId: string;
}

/**
 * What a client may see of an error that a subgraph threw: a `DomainError` or a coded GraphQLError as it is, anything else masked and
 * written to the log under the request id.
 */
export function publicError(error: unknown, { log, subgraph, requestId }: Place): GraphQLFormattedError {
  const cause = causeOf(error);
  const path = error instanceof GraphQLError ? error.path : undefined;
  const known = describe(cause);
  if (known === null) log.error({ error: cause, path, subgraph, requestId }, 'an error was masked');
  else if (cause instanceof DomainError && cause.internal !== undefined)
    log.info({ internal: cause.internal, path, subgraph, requestId }, cause.code);
  const told = known ?? refusal(isTransient(cause) ? temporarilyUnavailable : internalError);
  return { message: messageOf(error, told), extensions: told.extensions, ...(path === undefined ? {} : { path }) };
}

/** graphql-js says which variable held the value that a scalar refused; the scalar does not know. */
function messageOf(error: unknown, told: GraphQLError): string {
  const coerced = told.extensions['code'] === 'BAD_USER_INPUT' && error instanceof GraphQLError;
  return coerced ? error.message : told.message;
}

/** Null for a bug or trouble: nothing of it may be told. */
export function describe(cause: unknown): GraphQLError | null {
  if (cause instanceof DomainError) {
    const { type, code, message, param } = cause;
    return refusal({
      type,
      code,
      message,
      ...(param === undefined ? {} : { param }),
      ...(cause instanceof AuthorizationError ? { requiredScope: cause.requiredScope } : {}),
      ...(cause instanceof RateLimitError ? { retryAfter: cause.retryAfter } : {}),
    });
  }
  return cause instanceof GraphQLError && typeof cause.extensions['code'] === 'string' ? cause : null;
}

export function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError !== undefined ? error.originalError : error;
}
