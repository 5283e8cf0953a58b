import type { Refusal } from '#subgraphs/shared/errors/refusal.ts';

export { internalError, refusal, temporarilyUnavailable } from '#subgraphs/shared/errors/refusal.ts';
export type { Refusal } from '#subgraphs/shared/errors/refusal.ts';

export const missingKey: Refusal = {
  type: 'authentication_error',
  code: 'MISSING_CREDENTIALS',
  message:
    'No API key was sent. Send it as "Authorization: Bearer op_…"; over WebSocket as connectionParams.authorization.',
  status: 401,
};

export const invalidKey: Refusal = {
  type: 'authentication_error',
  code: 'INVALID_API_KEY',
  message:
    'The API key is wrong, has expired or was revoked. Create a new one and send it as "Authorization: Bearer op_…".',
  status: 401,
};

export const malformedAuthorization: Refusal = {
  ...invalidKey,
  message: 'The Authorization header could not be read. Send the API key as "Authorization: Bearer op_…".',
};

export const workspaceMismatch: Refusal = {
  type: 'authorization_error',
  code: 'WORKSPACE_MISMATCH',
  message:
    'The API key belongs to another workspace than X-Workspace-Id names. Leave the header out, or use a key of that workspace.',
  status: 403,
  param: 'X-Workspace-Id',
};

export const authenticationUnavailable: Refusal = {
  type: 'api_error',
  code: 'AUTHENTICATION_UNAVAILABLE',
  message: 'The API key could not be checked just now. Nothing was done; send the request again in a few seconds.',
  status: 503,
  retryAfter: 2,
};

export const downstreamError: Refusal = {
  type: 'api_error',
  code: 'DOWNSTREAM_SERVICE_ERROR',
  message:
    'A part of Oppulence did not answer. What else you asked for is complete; try this part again in a few seconds.',
};

export const downstreamTimeout: Refusal = {
  type: 'api_error',
  code: 'DOWNSTREAM_TIMEOUT',
  message:
    'A part of Oppulence did not answer in time. What else you asked for is complete; ask for less of this part at once, or try again in a few seconds.',
};
