import { z } from 'zod';
import { defineEvent } from '#subgraphs/shared/events/define.ts';

export const workspaceCreated = defineEvent({
  type: 'platform.workspace.created',
  version: 1,
  subject: 'Workspace',
  payload: z.object({ mode: z.enum(['LIVE', 'TEST']), name: z.string(), counterpartId: z.string() }),
});

export const apiKeyCreated = defineEvent({
  type: 'platform.api_key.created',
  version: 1,
  subject: 'ApiKey',
  payload: z.object({ keyId: z.string(), prefix: z.string(), scopes: z.array(z.string()) }),
});

/** Open sockets of the key end when they see this; a request after the commit is refused without it. */
export const apiKeyRevoked = defineEvent({
  type: 'platform.api_key.revoked',
  version: 1,
  subject: 'ApiKey',
  payload: z.object({ keyId: z.string() }),
});

export const testClockAdvanceRequested = defineEvent({
  type: 'platform.test_clock.advance_requested',
  version: 1,
  subject: 'Workspace',
  payload: z.object({ jobId: z.string(), from: z.iso.datetime(), to: z.iso.datetime() }),
});
