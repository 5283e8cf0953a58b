import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { Connection } from '../../domain/connection.ts';
import { disconnectConnection } from '../../use-cases/disconnect-connection.ts';
import type { Ref } from '../builder.ts';

export const example = { input: { id: 'conn_0002QnPvZ1dK9xFq7LmA' } };

export function addDisconnectConnection(builder: SubgraphBuilder, ConnectionType: Ref<Connection>): void {
  const Input = builder.inputType('DisconnectConnectionInput', {
    description: 'The connection to end.',
    fields: (t) => ({ id: t.id({ required: true, description: 'Begins with conn_.' }) }),
  });
  builder.mutationField('disconnectConnection', (t) =>
    t.field({
      type: ConnectionType,
      description:
        'Ends a connection: nothing is read with its credential any more and its webhook URL answers 404. What was read stays. Stripe is told right afterwards, or when it can be reached again: the endpoint that was registered for the connection is deleted there, and with that the credential is erased; of an account that is connected by OAuth the authorization is withdrawn, unless it is connected elsewhere. An endpoint that you registered yourself is yours to delete. Disconnecting again changes nothing.',
      args: { input: t.arg({ type: Input, required: true, description: 'The connection to end.' }) },
      authScopes: { scope: 'connections:write' },
      errors: {
        types: [NotFoundError],
        union: { name: 'DisconnectConnectionResult', description: 'The ended connection, or why it was not ended.' },
      },
      resolve: (_root, { input }, ctx) => disconnectConnection(ctx.useCases, input),
    }),
  );
}
