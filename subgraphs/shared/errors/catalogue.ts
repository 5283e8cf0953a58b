import type { ErrorType } from './errors.ts';

export interface CatalogueEntry {
  readonly type: ErrorType;
  /** The HTTP status where the error is the whole answer (REST, webhooks). Inside GraphQL the status stays 200. */
  readonly status: number;
  /** What happened and what to do, for the reader of docs/errors.md. */
  readonly help: string;
}

/**
 * Every code that the kernel, the gateway and GraphQL itself send at the top level or in a shared error type. Domains add their own
 * refusals as members of a mutation's result union, where the schema documents them. docs/errors.md is printed from this list.
 */
export const ERROR_CATALOGUE = {
  // what the caller wrote
  INVALID_PARAMETER: {
    type: 'validation_error',
    status: 400,
    help: 'An argument is not acceptable. `param` names it and the message says what it must look like.',
  },
  AMOUNT_TOO_PRECISE: {
    type: 'validation_error',
    status: 400,
    help: 'An amount has more decimal digits than its currency. Nothing is rounded silently: round it and send it again.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    type: 'conflict_error',
    status: 422,
    help: 'The Idempotency-Key was used for another request within 24 hours. Repeat a request under its key; give a new request a new one.',
  },
  INVALID_CURSOR: {
    type: 'validation_error',
    status: 400,
    help: "The cursor was not made by this workspace's stream or list. Start without one.",
  },
  CURSOR_EXPIRED: {
    type: 'validation_error',
    status: 410,
    help: 'The cursor is older than the events that are kept (7 days). Read the current state by query, then subscribe without a cursor.',
  },
  GRAPHQL_PARSE_FAILED: {
    type: 'validation_error',
    status: 400,
    help: 'The document is not GraphQL. The message gives line and column.',
  },
  GRAPHQL_VALIDATION_FAILED: {
    type: 'validation_error',
    status: 400,
    help: 'The document does not fit the schema. Compare it with the schema in the playground.',
  },
  BAD_USER_INPUT: { type: 'validation_error', status: 400, help: 'A variable has the wrong type or is missing.' },
  BAD_REQUEST: {
    type: 'validation_error',
    status: 400,
    help: 'The HTTP request is not a GraphQL request. Send JSON with `query` and `Content-Type: application/json`.',
  },
  OPERATION_RESOLUTION_FAILURE: {
    type: 'validation_error',
    status: 400,
    help: 'The document holds several operations. Name one in `operationName`.',
  },
  PERSISTED_QUERY_NOT_SUPPORTED: { type: 'validation_error', status: 400, help: 'Send the document itself.' },
  TOO_DEEP: {
    type: 'validation_error',
    status: 400,
    help: 'The operation nests too many fields. Ask for the inner part in an operation of its own, by id.',
  },
  TOO_MANY_ALIASES: {
    type: 'validation_error',
    status: 400,
    help: 'The operation has too many aliases. Send several operations.',
  },
  TOO_MANY_ROOT_FIELDS: {
    type: 'validation_error',
    status: 400,
    help: 'The operation has too many fields at its root. Send several operations.',
  },
  TOO_MANY_TOKENS: {
    type: 'validation_error',
    status: 400,
    help: 'The document is too long. Split it into several operations.',
  },
  SUBSCRIPTION_OVER_HTTP: {
    type: 'validation_error',
    status: 400,
    help: 'Subscriptions run over WebSocket only. Connect to the same address with the subprotocol graphql-transport-ws.',
  },
  INVALID_IDEMPOTENCY_KEY: {
    type: 'validation_error',
    status: 400,
    help: 'An Idempotency-Key has 1 to 255 printable ASCII characters without spaces. A UUID does well.',
  },
  IDEMPOTENCY_KEY_NEEDS_ONE_MUTATION: {
    type: 'validation_error',
    status: 400,
    help: 'A document with an Idempotency-Key holds exactly one mutation field. Send the others by themselves.',
  },
  MALFORMED_BODY: {
    type: 'validation_error',
    status: 400,
    help: 'The body is not JSON. Send an object with `query` and, if needed, `variables`.',
  },
  UNSUPPORTED_CONTENT_TYPE: {
    type: 'validation_error',
    status: 415,
    help: 'The body is not announced as JSON. Send `Content-Type: application/json`.',
  },
  BODY_TOO_LARGE: {
    type: 'validation_error',
    status: 413,
    help: 'The body is larger than the gateway accepts. Send less at once.',
  },
  PAYLOAD_TOO_LARGE: {
    type: 'validation_error',
    status: 413,
    help: 'The body is larger than this address accepts. Split it.',
  },
  INVALID_SIGNATURE: {
    type: 'validation_error',
    status: 400,
    help: "The signature does not belong to this body and this endpoint's secret, or it is older than 5 minutes. Check the endpoint's signing secret and the sender's clock; the body must arrive unchanged.",
  },

  // who the caller is
  MISSING_CREDENTIALS: {
    type: 'authentication_error',
    status: 401,
    help: 'No API key came with the request. Send `Authorization: Bearer op_…`.',
  },
  INVALID_API_KEY: {
    type: 'authentication_error',
    status: 401,
    help: 'The API key is invalid, expired or revoked. Create a new one and replace it.',
  },
  UNTRUSTED_CONTEXT: {
    type: 'authentication_error',
    status: 401,
    help: 'A subgraph was called by somebody else than its gateway. Send the request to the gateway.',
  },
  INSUFFICIENT_PERMISSIONS: {
    type: 'authorization_error',
    status: 403,
    help: 'The key lacks the scope in `requiredScope`. Use or create a key that has it.',
  },
  WORKSPACE_MISMATCH: {
    type: 'authorization_error',
    status: 403,
    help: '`X-Workspace-Id` names another workspace than the API key. Leave the header out: the key implies its workspace.',
  },

  // the state of things
  NOT_FOUND: {
    type: 'not_found_error',
    status: 404,
    help: 'There is no such object in this workspace. An object of another workspace is answered the same way.',
  },
  ROUTE_NOT_FOUND: {
    type: 'not_found_error',
    status: 404,
    help: 'There is nothing at this address. The graph is at `/graphql`.',
  },
  CONFLICT: {
    type: 'conflict_error',
    status: 409,
    help: 'The object changed, or another request is doing the same. Read it again and decide.',
  },
  RATE_LIMIT_EXCEEDED: {
    type: 'rate_limit_error',
    status: 429,
    help: 'Too many requests for the plan. Wait `retryAfter` seconds.',
  },
  TOO_MANY_OPERATIONS: {
    type: 'rate_limit_error',
    status: 429,
    help: 'Too many operations run over one connection. Complete one, or open another connection.',
  },

  // others
  PROVIDER_REFUSED: {
    type: 'provider_error',
    status: 422,
    help: 'The provider (Stripe, a bank) refused the call. The message has its reason; change that and try again.',
  },
  PROVIDER_UNAVAILABLE: {
    type: 'provider_error',
    status: 502,
    help: 'The provider did not answer, or was not asked because it is known to be away. Try again after `retryAfter` seconds if it is given, with the same Idempotency-Key.',
  },
  DOWNSTREAM_SERVICE_ERROR: {
    type: 'api_error',
    status: 502,
    help: 'One part of the graph did not answer; the rest of the data is valid. Try again.',
  },
  DOWNSTREAM_TIMEOUT: {
    type: 'api_error',
    status: 504,
    help: 'One part of the graph did not answer in time; the rest of the data is valid. Ask for less of it at once, or try again. A mutation may have been carried out: repeat it under its Idempotency-Key.',
  },
  STREAM_LOST: {
    type: 'api_error',
    status: 503,
    help: 'The subscription broke off and could not be taken up again. Subscribe again with `after` set to the `cursor` in the extensions: nothing is missed.',
  },
  AUTHENTICATION_UNAVAILABLE: {
    type: 'api_error',
    status: 503,
    help: 'The API key could not be checked just now. Nothing was done: send the request again.',
  },
  TEMPORARILY_UNAVAILABLE: {
    type: 'api_error',
    status: 503,
    help: 'A database is busy or away. Nothing was changed by this request. Try again after `retryAfter` seconds.',
  },
  INTERNAL_ERROR: {
    type: 'api_error',
    status: 500,
    help: 'A bug on our side. Try again; if it stays, report the request id.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type KnownCode = keyof typeof ERROR_CATALOGUE;

export function isKnownCode(code: unknown): code is KnownCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CATALOGUE, code);
}

const STATUS_BY_TYPE: Record<ErrorType, number> = {
  validation_error: 400,
  authentication_error: 401,
  authorization_error: 403,
  not_found_error: 404,
  conflict_error: 409,
  rate_limit_error: 429,
  provider_error: 502,
  api_error: 500,
};

/** The HTTP status of a code; a domain's own code gets the usual one of its type. */
export function statusOf(code: string, type: ErrorType): number {
  return isKnownCode(code) ? ERROR_CATALOGUE[code].status : STATUS_BY_TYPE[type];
}

const DOCS_URL = 'https://docs.oppulence.io/errors';

/** Where a code is explained (its last part is the anchor in docs/errors.md); the page itself for a domain's own code. */
export function docUrlOf(code: string): string {
  return isKnownCode(code) ? `${DOCS_URL}/${code.toLowerCase()}` : DOCS_URL;
}
