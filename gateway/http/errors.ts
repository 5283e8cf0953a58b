import { statusOf } from '#subgraphs/shared/errors/catalogue.ts';
import { DomainError } from '#subgraphs/shared/errors/errors.ts';
import { describe } from '#subgraphs/shared/errors/public-error.ts';
import { isTransient } from '#subgraphs/shared/errors/transient.ts';

import { formatError, signed } from '../plugins/error-masking.ts';
import { internalError, refusal, temporarilyUnavailable } from '../refusals.ts';

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLError } from 'graphql';

import type { Refusal } from '../refusals.ts';
import type { GatewayLog } from '../types.ts';

/** Answers in the shape of the door that was used: GraphQL's `errors`, or the REST `error` object with its snake_case names. */
export function sendRefusal(request: FastifyRequest, reply: FastifyReply, refused: Refusal): FastifyReply {
  return sendError(request, reply, refusal(refused), refused.status ?? statusOf(refused.code, refused.type));
}

function sendError(request: FastifyRequest, reply: FastifyReply, error: GraphQLError, status: number): FastifyReply {
  const {
    extensions: { http: _http, ...extensions },
  } = error;
  const told = signed(formatError({ message: error.message, extensions }, error), request.id);
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  if (typeof extensions['retryAfter'] === 'number') void reply.header('retry-after', extensions['retryAfter']);
  void reply.code(status).header('cache-control', 'no-store').type('application/json; charset=utf-8');
  return reply.send(
    JSON.stringify(isGraphQL(request) ? { errors: [told] } : { error: restShape(told.extensions ?? {}) }),
  );
}

export function isGraphQL(request: FastifyRequest): boolean {
  return /^\/graphql(?:\?|$)/.test(request.url);
}

/** Snake case, the code in lower case, and nothing that has no value: as every other REST answer of ours. */
function restShape(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const present = Object.entries(facts).filter(([, value]) => value !== null && value !== undefined);
  const named = present.map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]);
  return { ...(Object.fromEntries(named) as Record<string, unknown>), code: String(facts['code']).toLowerCase() };
}

/** Fastify's last resort: what it refuses itself is told, what a route threw is told if it is a refusal, and masked otherwise. */
export function errorHandler(
  log: GatewayLog,
): (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  return (error, request, reply) => {
    const known = error instanceof DomainError ? describe(error) : null;
    if (error instanceof DomainError && known !== null)
      return sendError(request, reply, known, statusOf(error.code, error.type));
    const refused = ofFastify(error, request);
    if (refused !== null) return sendRefusal(request, reply, refused);
    log.error({ error, requestId: request.id, route: request.routeOptions.url }, 'an error was masked');
    return sendRefusal(request, reply, isTransient(error) ? temporarilyUnavailable : internalError);
  };
}

function ofFastify(error: FastifyError, request: FastifyRequest): Refusal | null {
  const limit = request.routeOptions.bodyLimit;
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return {
        type: 'validation_error',
        code: 'BODY_TOO_LARGE',
        status: 413,
        limit,
        message: `The body is larger than ${String(limit)} bytes. Send less at once.`,
      };
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return {
        type: 'validation_error',
        code: 'UNSUPPORTED_CONTENT_TYPE',
        status: 415,
        message: 'Send the body as JSON, with "Content-Type: application/json".',
      };
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return malformedBody;
    default:
      // A body with a key such as __proto__ is a SyntaxError with a status and no code.
      if (error instanceof SyntaxError && error.statusCode === 400) return malformedBody;
      return error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
        ? {
            type: 'validation_error',
            code: 'BAD_REQUEST',
            status: error.statusCode,
            message: 'The request could not be read. Check its address, headers and body.',
          }
        : null;
  }
}

export const malformedHost: Refusal = {
  type: 'validation_error',
  code: 'BAD_REQUEST',
  status: 400,
  message: 'The Host header is not the name of a host. Send the one from the address you called.',
};

const malformedBody: Refusal = {
  type: 'validation_error',
  code: 'MALFORMED_BODY',
  status: 400,
  message: 'The body is not JSON that can be read. Send an object such as {"query": "{ __typename }"}.',
};
