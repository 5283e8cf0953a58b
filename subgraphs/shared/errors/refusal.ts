import { GraphQLError } from 'graphql';
import type { ASTNode } from 'graphql';
import type { ErrorType } from './errors.ts';

export interface Refusal {
  readonly type: ErrorType;
  /** SCREAMING_SNAKE and stable: clients branch on it. */
  readonly code: string;
  /** Fit for a customer; says what to do next. */
  readonly message: string;
  readonly status?: number;
  readonly param?: string;
  readonly requiredScope?: string;
  /** Seconds. */
  readonly retryAfter?: number;
  readonly limit?: number;
  readonly actual?: number;
  /** Where a lost stream can be taken up again. */
  readonly cursor?: string;
  /** Where it isn't the one of the request: an operation over a socket has its own. */
  readonly requestId?: string;
  readonly nodes?: readonly ASTNode[];
}

/** A refusal as GraphQL's error; `extensions.http` is read by Apollo Server for the status and never sent. */
export function refusal({ message, status, nodes, ...facts }: Refusal): GraphQLError {
  return new GraphQLError(message, {
    ...(nodes === undefined ? {} : { nodes }),
    extensions: { ...facts, ...(status === undefined ? {} : { http: { status } }) },
  });
}

export const internalError: Refusal = {
  type: 'api_error',
  code: 'INTERNAL_ERROR',
  message: 'Something went wrong on our side. Try again; if it stays, write to us with the request id.',
};

export const temporarilyUnavailable: Refusal = {
  type: 'api_error',
  code: 'TEMPORARILY_UNAVAILABLE',
  message: 'Oppulence is busy or restarting. Send the request again in a few seconds.',
  status: 503,
  retryAfter: 2,
};

/** What a subgraph says to whoever is not its gateway; clients of the graph never see it. */
export const untrustedContext = {
  type: 'authentication_error',
  code: 'UNTRUSTED_CONTEXT',
  message: 'Only the gateway calls a subgraph. Send the request to the gateway, with an API key.',
  status: 401,
} as const satisfies Refusal;
