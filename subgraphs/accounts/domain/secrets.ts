// Associated data ties a sealed value to its row and its purpose: moved to another connection or column it no longer opens.
const place = (workspaceId: string, connectionId: string, what: string): string =>
  `accounts.connection:${workspaceId}:${connectionId}:${what}`;

export const credentialPlace = (workspaceId: string, connectionId: string): string =>
  place(workspaceId, connectionId, 'credential');
export const tokenPlace = (workspaceId: string, connectionId: string): string =>
  place(workspaceId, connectionId, 'endpoint-token');
export const secretPlace = (workspaceId: string, connectionId: string): string =>
  place(workspaceId, connectionId, 'webhook-secret');

/** The last part of a webhook URL: `whe_` and 43 characters, 256 random bits. */
export const endpointPathOf = (token: string): string => `whe_${token}`;

export const webhookUrlOf = (publicUrl: string, path: string): string =>
  `${publicUrl.replace(/\/+$/, '')}/v1/webhooks/stripe/${path}`;
