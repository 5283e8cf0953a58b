import { docUrlOf } from '#subgraphs/shared/errors/catalogue.ts';
import { causeOf, describe } from '#subgraphs/shared/errors/public-error.ts';

import { downstreamError, internalError } from '../refusals.ts';

import type { ApolloServerPlugin, GraphQLRequestListener } from '@apollo/server';
import type { FormattedExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql';

import type { ErrorType } from '#subgraphs/shared/errors/errors.ts';

import type { RequestScope } from '../request-scope.ts';
import type { GatewayLog } from '../types.ts';

/** All that an error may tell a client; anything else (stack traces, the subgraph's name) stays inside. */
const TOLD = [
  'type',
  'code',
  'message',
  'param',
  'docUrl',
  'requestId',
  'retryAfter',
  'requiredScope',
  'limit',
  'actual',
  'cursor',
] as const;

/** Codes of Apollo Server and of @apollo/gateway for mistakes of the client. */
const CLIENT_MISTAKES = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

/** Apollo Server's `formatError`: the last word on what an error says. Errors without a code of ours are bugs by now, and masked. */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const own = ownRefusal(error);
  if (own !== null) return told({ ...formatted, message: own.message }, own.extensions);
  const code = formatted.extensions?.['code'];
  if (code === 'GRAPHQL_PARSE_FAILED' && formatted.message.includes('tokens. Parsing aborted'))
    return tooManyTokens(formatted);
  if (code === 'GRAPHQL_PARSE_FAILED' && formatted.message.includes('call stack'))
    return told(
      { message: 'The document nests too deeply to be read. Flatten it.' },
      { type: 'validation_error', code },
    );
  if (typeof code !== 'string' || code === 'INTERNAL_SERVER_ERROR') return masked(formatted, internalError);
  if (code === 'DOWNSTREAM_SERVICE_ERROR') return masked(formatted, downstreamError);
  if (CLIENT_MISTAKES.has(code)) return told(formatted, { type: 'validation_error', code });
  return told(formatted, { type: 'api_error', ...formatted.extensions });
}

/** Apollo wraps what validation rules and plugins throw, and puts its own code over theirs. */
function ownRefusal(error: unknown): GraphQLError | null {
  const cause = causeOf(error);
  const known = describe(cause);
  return typeof known?.extensions['type'] === 'string' ? known : null;
}

function masked(
  formatted: GraphQLFormattedError,
  { message, type, code }: { message: string; type: ErrorType; code: string },
): GraphQLFormattedError {
  return told({ ...formatted, message }, { type, code });
}

function tooManyTokens(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const limit = Number(/more that (\d+) tokens/.exec(formatted.message)?.[1]);
  const message = `The document is longer than ${String(limit)} tokens. Split it into several operations.`;
  return told({ message }, { type: 'validation_error', code: 'TOO_MANY_TOKENS', limit });
}

function told(formatted: GraphQLFormattedError, facts: Readonly<Record<string, unknown>>): GraphQLFormattedError {
  const { message, path, locations } = formatted;
  const kept = Object.fromEntries(TOLD.filter((name) => facts[name] !== undefined).map((name) => [name, facts[name]]));
  return {
    message,
    ...(locations === undefined ? {} : { locations }),
    ...(path === undefined ? {} : { path }),
    extensions: { ...kept, message },
  };
}

/** Adds what only the request knows; what an error has nothing to say about is null, so that clients find one shape. */
export function signed(error: GraphQLFormattedError, requestId: string): GraphQLFormattedError {
  const code = error.extensions?.['code'];
  const docUrl = typeof code === 'string' ? docUrlOf(code) : null;
  const shape = { param: null, docUrl, requestId, retryAfter: null, requiredScope: null };
  return { ...error, extensions: { ...shape, ...error.extensions } };
}

/** Puts the request id on every error, and writes down the ones that `formatError` is about to mask. */
export function errorMasking(log: GatewayLog): ApolloServerPlugin<RequestScope> {
  const listener: GraphQLRequestListener<RequestScope> = {
    didEncounterErrors: ({ errors, contextValue }) => {
      for (const error of errors) logIfBug(error, contextValue.requestId, log);
      return Promise.resolve();
    },
    willSendResponse: ({ response, contextValue }) => {
      if (response.body.kind !== 'single') return Promise.resolve();
      const { requestId } = contextValue;
      const result = withCompletionErrors(response.body.singleResult, { log, requestId });
      if (result.errors !== undefined) result.errors = result.errors.map((error) => signed(error, requestId));
      response.body.singleResult = result;
      return Promise.resolve();
    },
  };
  return { requestDidStart: () => Promise.resolve(listener) };
}

function logIfBug(error: GraphQLError, requestId: string, log: GatewayLog): void {
  const code = error.extensions['code'];
  if (typeof code === 'string' && code !== 'INTERNAL_SERVER_ERROR' && code !== 'DOWNSTREAM_SERVICE_ERROR') return;
  // A subgraph's error was written down where it was thrown, with its cause; it carries a type by now.
  if (typeof error.extensions['type'] === 'string') return;
  log.error({ error: error.originalError ?? error, path: error.path, requestId }, 'an error was masked');
}

/**
 * When nothing failed and a field that may not be null came back null (a reference that leads nowhere), the stock gateway answers with
 * nulls and a note in the extensions. A client would take that for data: it becomes an error.
 */
export function withCompletionErrors<R extends FormattedExecutionResult>(
  result: R,
  { log, requestId }: { log: GatewayLog; requestId: string },
): R {
  const { valueCompletion, ...extensions } = result.extensions ?? {};
  if (!Array.isArray(valueCompletion)) return result;
  const notes = valueCompletion as readonly GraphQLError[];
  log.error({ notes: notes.map(({ message, path }) => ({ message, path })), requestId }, 'a result was incomplete');
  const errors = notes.map((note) =>
    masked({ message: '', ...(note.path === undefined ? {} : { path: note.path }) }, internalError),
  );
  return { ...result, errors: [...(result.errors ?? []), ...errors], extensions };
}
