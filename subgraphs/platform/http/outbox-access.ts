import { createHmac } from 'node:crypto';
import { deriveKey } from '#subgraphs/shared/crypto/crypto.ts';

/**
 * The `access` parameter that opens a workspace's outbox in a browser, where no Authorization header can be typed. It is derived from the
 * installation's master key for this one purpose, opens this one page of this one workspace, and does not expire.
 */
export function createOutboxAccess(masterKey: Uint8Array): (workspaceId: string) => string {
  const key = deriveKey(masterKey, 'platform outbox access');
  return (workspaceId) => createHmac('sha256', key).update(workspaceId).digest('base64url');
}
