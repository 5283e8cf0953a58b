import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { isLastAdminKey, type ApiKey } from '../domain/api-key.ts';
import { LastAdminKeyError } from '../errors.ts';
import { apiKeyRevoked } from '../events.ts';
import { lockApiKeys, markRevoked } from '../repositories/api-keys.ts';

/**
 * Ends a key: the next request with it is refused, on every node. A key that is already revoked stays as it is and nothing is announced.
 * @throws {NotFoundError} for a key that is not in this workspace.
 * @throws {LastAdminKeyError} for the last admin key that does not expire.
 */
export async function revokeApiKey(ctx: UseCaseContext, input: { readonly id: string }): Promise<ApiKey> {
  return ctx.transaction(async (tx) => {
    const keys = await lockApiKeys(tx.db, ctx.workspaceId);
    const key = keys.find(({ id }) => id === input.id);
    if (key === undefined) throw new NotFoundError('ApiKey', input.id);
    if (key.revokedAt !== null) return key;
    const now = ctx.wall.now(); // tokens live on wall time, in a TEST workspace too
    if (isLastAdminKey(key, keys, now)) throw new LastAdminKeyError();
    const revoked = await markRevoked(tx.db, ctx.workspaceId, key.id, now);
    await tx.publish(apiKeyRevoked({ subjectId: key.id, payload: { keyId: key.id } }));
    return revoked;
  });
}
