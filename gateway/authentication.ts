import { DomainError } from '#subgraphs/shared/errors/errors.ts';

import {
  invalidKey,
  malformedAuthorization,
  missingKey,
  workspaceMismatch,
  authenticationUnavailable,
} from './refusals.ts';

import type { Caller } from '#subgraphs/shared/graphql/context.ts';

import type { Refusal } from './refusals.ts';
import type { GatewayDeps, RequestHeaders } from './types.ts';

export type Authentication = { readonly caller: Caller } | { readonly refused: Refusal };

type Token = { readonly token: string | null } | { readonly malformed: true };

/** What follows `Bearer`; an empty token counts as none, as in the playground's header editor before a key is typed. */
export function bearerToken(authorization: string | undefined): Token {
  const text = authorization?.trim() ?? '';
  if (text === '' || /^bearer$/i.test(text)) return { token: null };
  const token = /^bearer +([\x21-\x7e]{1,512})$/i.exec(text)?.[1];
  return token === undefined ? { malformed: true } : { token };
}

/** Asks who the caller is; never rejects. Trouble (a database away) is told apart from a wrong key, so that clients keep theirs. */
export async function authenticateRequest(
  deps: Pick<GatewayDeps, 'authenticate' | 'log'>,
  authorization: string | undefined,
  headers: RequestHeaders,
): Promise<Authentication> {
  const read = bearerToken(authorization);
  if ('malformed' in read) return { refused: malformedAuthorization };
  let caller: Caller;
  try {
    caller = await deps.authenticate(read.token, headers);
  } catch (error) {
    return { refused: refusalOf(error, deps.log) };
  }
  const wanted = headers['x-workspace-id'];
  if (wanted !== undefined && wanted !== '' && 'workspaceId' in caller && caller.workspaceId !== wanted)
    return { refused: workspaceMismatch };
  return { caller };
}

export function isAnonymous(caller: Caller): boolean {
  return caller.kind === 'ANONYMOUS';
}

export const anonymousRefusal: Refusal = missingKey;

function refusalOf(error: unknown, log: GatewayDeps['log']): Refusal {
  if (error instanceof DomainError) return { ...invalidKey, code: error.code, message: error.message };
  log.error({ error }, 'an API key could not be checked');
  return authenticationUnavailable;
}
