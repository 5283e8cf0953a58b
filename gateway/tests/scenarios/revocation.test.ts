import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { startStack, type Stack } from '#cli/testing/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
}, 120_000);
afterAll(async () => {
  await stack.close();
});

const CREATE = `mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on CreatedApiKey { apiKey { id } secret } ... on UserError { message } } }`;
const REVOKE = `mutation($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { __typename } }`;

describe('a revoked key', () => {
  it('is refused on the next request, and its open sockets are closed without waiting for their next check', async () => {
    const workspace = await stack.createWorkspace();
    const admin = stack.graph(workspace.apiKey);
    const { createApiKey } = await admin.run<{ createApiKey: { apiKey: { id: string }; secret: string } }>(CREATE, {
      input: { name: 'Dashboard', scopes: ['recovery:read', 'workspace:read'] },
    });
    const closed = new Promise<number>((resolve) => {
      const client = createClient({
        url: `${stack.url.replace(/^http/, 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        lazy: false,
        retryAttempts: 0,
        onNonLazyError: () => undefined,
        connectionParams: { authorization: `Bearer ${createApiKey.secret}` },
        on: {
          closed: (event) => {
            resolve((event as { code: number }).code);
          },
          connected: () => {
            void admin.run(REVOKE, { input: { id: createApiKey.apiKey.id } });
          },
        },
      });
      client.subscribe(
        { query: 'subscription { recoveryEvents { cursor } }' },
        { next: () => undefined, error: () => undefined, complete: () => undefined },
      );
    });
    await expect(closed).resolves.toBe(4403);
    await expect(stack.graph(createApiKey.secret).run('{ workspace { id } }')).rejects.toThrow(/INVALID_API_KEY/);
  }, 120_000);
});
