import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import { canMove, type Connection } from '../domain/connection.ts';
import { DEAUTHORIZE_ACCOUNT, DELETE_WEBHOOK_ENDPOINT } from '../effects/kinds.ts';
import { connectionDisconnected } from '../events.ts';
import { lockConnection, saveConnection } from '../repositories/connections.ts';
import { deleteSecretsOf } from '../repositories/webhook-secrets.ts';

export interface DisconnectConnection {
  readonly id: string;
  /** It was the provider that told us: there is nothing to tell it. */
  readonly endedAtProvider?: boolean;
}

/**
 * Ends a connection: its credential is not given out any more, its signing secrets are erased and its webhook endpoint answers 404 from now on.
 * What was read from the provider stays. The provider is told afterwards (effects/); the credential is erased at once if that does not take it, and
 * else when that is over. A disconnected connection stays as it is and nothing is announced.
 * @throws {NotFoundError} for a connection that is not in this workspace.
 */
export async function disconnectConnection(ctx: UseCaseContext, input: DisconnectConnection): Promise<Connection> {
  return ctx.transaction(async (tx) => {
    const locked = await lockConnection(tx.db, ctx.workspaceId, input.id);
    if (locked === null) throw new NotFoundError('Connection', input.id);
    const { credential, endpointToken: _token, ...connection } = locked;
    if (!canMove(connection.state, 'DISCONNECTED')) return connection;

    const ended: Connection = { ...connection, state: 'DISCONNECTED', disconnectedAt: tx.now };
    const farewell = input.endedAtProvider === true ? null : farewellTo(connection);
    const kept = farewell?.kind === DELETE_WEBHOOK_ENDPOINT ? credential : null;
    await saveConnection(tx.db, ended, { credential: kept, endpointToken: null });
    await deleteSecretsOf(tx.db, ctx.workspaceId, ended.id);
    const { id: connectionId, provider, account, livemode } = ended;
    if (farewell !== null) await tx.requestEffect({ ...farewell, key: connectionId, subjectId: connectionId });
    await tx.publish(
      connectionDisconnected({ subjectId: connectionId, payload: { connectionId, provider, account, livemode } }),
    );
    return ended;
  });
}

/**
 * What would stay at the provider. Of a connection that is being made we know no endpoint (connectStripe deletes the one that it then learns of), and one
 * that was registered by hand is not ours.
 */
function farewellTo({
  access,
  account,
  livemode,
  providerEndpointId,
}: Connection): Pick<Parameters<Tx['requestEffect']>[0], 'kind' | 'payload'> | null {
  if (access === 'OAUTH') return { kind: DEAUTHORIZE_ACCOUNT, payload: { account, livemode } };
  return providerEndpointId === null ? null : { kind: DELETE_WEBHOOK_ENDPOINT, payload: {} };
}
