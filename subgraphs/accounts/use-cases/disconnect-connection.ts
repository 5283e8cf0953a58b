import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import { canMove, type Connection } from '../domain/connection.ts';
import { connectionDisconnected } from '../events.ts';
import { lockConnection, saveConnection } from '../repositories/connections.ts';
import { deleteSecretsOf } from '../repositories/webhook-secrets.ts';

/**
 * Ends a connection: its credential and signing secrets are erased and its webhook endpoint answers 404 from now on. What was read from
 * the provider stays. A disconnected connection stays as it is and nothing is announced.
 * @throws {NotFoundError} for a connection that is not in this workspace.
 */
export async function disconnectConnection(ctx: UseCaseContext, input: { readonly id: string }): Promise<Connection> {
  return ctx.transaction(async (tx) => {
    const locked = await lockConnection(tx.db, ctx.workspaceId, input.id);
    if (locked === null) throw new NotFoundError('Connection', input.id);
    const { credential: _credential, endpointToken: _token, ...connection } = locked;
    if (!canMove(connection.state, 'DISCONNECTED')) return connection;

    const ended: Connection = { ...connection, state: 'DISCONNECTED', disconnectedAt: tx.now };
    await saveConnection(tx.db, ended, { credential: null, endpointToken: null });
    await deleteSecretsOf(tx.db, ctx.workspaceId, ended.id);
    const { id: connectionId, provider, account, livemode } = ended;
    await tx.publish(
      connectionDisconnected({ subjectId: connectionId, payload: { connectionId, provider, account, livemode } }),
    );
    return ended;
  });
}
