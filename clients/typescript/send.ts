import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { OppulenceError, type GraphError } from './errors.ts';

export interface HttpEndpoint {
  readonly url: string;
  readonly apiKey: string;
  readonly fetch: typeof fetch;
}

export interface SendOptions {
  readonly idempotencyKey?: string;
}

interface Answer<T> {
  readonly data?: T | null;
  readonly errors?: readonly GraphError[];
}

export async function send<T, V>(
  endpoint: HttpEndpoint,
  document: TypedDocumentNode<T, V>,
  variables: V | undefined,
  options: SendOptions = {},
): Promise<T> {
  const response = await reach(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      authorization: `Bearer ${endpoint.apiKey}`,
      ...(options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey }),
    },
    body: JSON.stringify({ query: print(document), variables: variables ?? {} }),
  });
  const answer = await readAnswer<T>(response);
  if (answer.errors !== undefined && answer.errors.length > 0)
    throw new OppulenceError(answer.errors, answer.data ?? null);
  if (answer.data === undefined || answer.data === null)
    throw new OppulenceError([trouble(`The server answered ${response.status} without data.`, 'NO_DATA')]);
  return answer.data;
}

async function reach({ url, fetch: request }: HttpEndpoint, init: RequestInit): Promise<Response> {
  try {
    return await request(url, init);
  } catch (cause) {
    throw new OppulenceError(
      [trouble(`${url} could not be reached. Check the address and that the server runs.`, 'UNREACHABLE')],
      null,
      { cause },
    );
  }
}

async function readAnswer<T>(response: Response): Promise<Answer<T>> {
  try {
    return (await response.json()) as Answer<T>;
  } catch (cause) {
    throw new OppulenceError(
      [trouble(`The server answered ${response.status} with something that is not GraphQL.`, 'NOT_GRAPHQL')],
      null,
      { cause },
    );
  }
}

export function trouble(message: string, code: string): GraphError {
  return { message, extensions: { code } };
}
