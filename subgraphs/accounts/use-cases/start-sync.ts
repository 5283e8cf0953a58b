import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import type { SyncRunKind } from '../domain/sync-run.ts';
import { ConnectionNotActiveError } from '../errors.ts';
import { lockConnection } from '../repositories/connections.ts';

/** Whoever speaks the provider's protocol enqueues the job, as part of the transaction; the one under way if there is one. */
export type EnqueueSync = (
  tx: Tx,
  sync: { readonly connectionId: string; readonly kind: SyncRunKind },
) => Promise<{ readonly jobId: string; readonly created: boolean }>;

/**
 * Starts a pass over a connected account; its job is the answer. While one of the kind is under way, that one is.
 * @throws {NotFoundError} for a connection that is not in this workspace.
 * @throws {ConnectionNotActiveError} when there is no credential to read the account with.
 */
export async function startSync(
  ctx: UseCaseContext,
  enqueue: EnqueueSync,
  input: { readonly connectionId: string; readonly kind: SyncRunKind },
): Promise<{ readonly jobId: string }> {
  return ctx.transaction(async (tx) => {
    const connection = await lockConnection(tx.db, ctx.workspaceId, input.connectionId);
    if (connection === null) throw new NotFoundError('Connection', input.connectionId);
    if (connection.state !== 'ACTIVE') throw new ConnectionNotActiveError(input.connectionId);
    const { jobId, created } = await enqueue(tx, input);
    if (created) tx.changed(jobId);
    return { jobId };
  });
}
