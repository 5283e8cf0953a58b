import { createAmbient } from '../ambient/ambient.ts';

const scope = createAmbient<string>('workspace');
const WORKSPACE_ID = /^ws_[0-9A-Za-z]{20}$/;

/**
 * Runs `fn` with `workspaceId` as the only workspace its statements can see. Await what must run inside: a Prisma promise that escapes
 * is lazy, runs outside and sees no rows.
 * @throws {TypeError} for anything that isn't a workspace id, before any statement is sent.
 */
export function inWorkspace<T>(workspaceId: string, fn: () => Promise<T>): Promise<T> {
  if (!WORKSPACE_ID.test(workspaceId)) throw new TypeError(`Not a workspace id: ${JSON.stringify(workspaceId)}`);
  return scope.run(workspaceId, fn);
}

export function currentWorkspace(): string | undefined {
  return scope.get();
}
