import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { GraphContext } from '#subgraphs/shared/graphql/context.ts';
import type { Connection } from '../domain/connection.ts';
import { accountHealth, type AccountHealth } from '../domain/provider-health.ts';
import { connectionsInUse } from '../repositories/connections.ts';
import { processHealthOf } from '../repositories/provider-health.ts';
import type { Ref } from './builder.ts';

interface ConnectionHealth extends AccountHealth {
  readonly connection: Connection;
}

async function loadHealth(ctx: GraphContext, connection: Connection): Promise<ConnectionHealth> {
  const { db, workspaceId, wall } = ctx.useCases;
  const { provider, account } = connection;
  const rows = await ctx
    .loader(`providerHealth:${provider}`, (accounts) => processHealthOf(db, workspaceId, provider, accounts))
    .load(account);
  return { connection, ...accountHealth(rows ?? [], wall.now()) };
}

export function addProviderHealth(builder: SubgraphBuilder, ConnectionType: Ref<Connection>): void {
  const Health = healthType(builder, ConnectionType);
  builder.objectField(ConnectionType, 'health', (t) =>
    t.field({
      type: Health,
      description: 'How our calls to the provider fare for this account.',
      resolve: (connection, _args, ctx) => loadHealth(ctx, connection),
    }),
  );
  builder.queryField('providerHealth', (t) =>
    t.field({
      type: [Health],
      description:
        'How our calls to providers fare, for each connection that is not disconnected, oldest first; at most a hundred.',
      authScopes: { scope: 'connections:read' },
      resolve: async (_root, _args, ctx) => {
        const { db, workspaceId } = ctx.useCases;
        const connections = await connectionsInUse(db, workspaceId, 100);
        return Promise.all(connections.map((connection) => loadHealth(ctx, connection)));
      },
    }),
  );
}

function healthType(builder: SubgraphBuilder, ConnectionType: Ref<Connection>): Ref<ConnectionHealth> {
  const State = builder.enumType('ProviderHealthState', {
    description: 'Whether a provider can be worked with.',
    values: {
      HEALTHY: { description: 'Calls are answered.' },
      DEGRADED: {
        description:
          'Many calls fail or are told to be slower; or it was UNAVAILABLE, and the next call will show whether it is back.',
      },
      UNAVAILABLE: {
        description:
          'The provider does not answer. Calls are held back and refused at once with PROVIDER_UNAVAILABLE; what can wait, waits and is taken up by itself.',
      },
      UNKNOWN: { description: 'Nothing was asked of the provider within the last week.' },
    },
  });
  const Failure = builder.enumType('ProviderCallFailure', {
    description: 'What went wrong with a call. A refusal, such as a declined card, is an answer and no failure.',
    values: {
      CONNECTION: { description: 'No connection, or one that broke.' },
      TIMEOUT: { description: 'No answer in time.' },
      SERVER_ERROR: { description: 'The provider answered that it is in trouble.' },
      RATE_LIMITED: { description: 'The provider takes no more calls for this account at the moment.' },
      BUSY: { description: 'The provider works on the same object at the moment.' },
    },
  });
  return builder.objectRef<ConnectionHealth>('ProviderHealth').implement({
    description:
      'How our calls to a provider fare for one account, over all our processes. Some seconds old. Instants are real time, in a TEST workspace too.',
    fields: (t) => ({
      connection: t.expose('connection', { type: ConnectionType, description: 'The connection it is about.' }),
      state: t.expose('state', { type: State, description: 'Whether the provider can be worked with.' }),
      since: t.expose('since', {
        type: 'DateTime',
        nullable: true,
        description: 'Since when calls are held back, or since when they are no longer. Null when they never were.',
      }),
      nextTryAt: t.expose('nextTryAt', {
        type: 'DateTime',
        nullable: true,
        description: 'While UNAVAILABLE: when the next call is let through to see whether the provider is back.',
      }),
      lastSuccessAt: t.expose('lastSuccessAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When the provider last answered, as far back as a week.',
      }),
      lastFailureAt: t.expose('lastFailureAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When a call last failed, as far back as a week.',
      }),
      lastFailureKind: t.expose('lastFailureKind', {
        type: Failure,
        nullable: true,
        description: 'How it failed.',
      }),
      calls: t.exposeInt('calls', {
        description: 'Requests sent within about the last five minutes, retries included.',
      }),
      failures: t.exposeInt('failures', {
        description: 'Those of them that failed by connection, time-out or server error.',
      }),
      retries: t.exposeInt('retries', { description: 'Those of them that were repeats.' }),
      rateLimited: t.exposeInt('rateLimited', { description: 'Those of them that the provider found too many.' }),
      heldBack: t.exposeInt('heldBack', {
        description: 'Calls of that time that were not sent, because the provider was known to be away or too busy.',
      }),
      retryBudgetExhausted: t.exposeBoolean('retryBudgetExhausted', {
        description: 'So many calls failed that no more are repeated until some work again.',
      }),
    }),
  });
}
