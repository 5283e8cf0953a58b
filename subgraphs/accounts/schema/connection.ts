import { AuthorizationError } from '#subgraphs/shared/errors/errors.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { GraphContext } from '#subgraphs/shared/graphql/context.ts';
import { COUNTED_TO, keysetConnection, keysetQuery } from '#subgraphs/shared/graphql/keyset.ts';
import { grants } from '#subgraphs/shared/graphql/scopes.ts';
import type { Connection, Provider } from '../domain/connection.ts';
import { connectionsByIds, connectionsPage, countConnections } from '../repositories/connections.ts';
import { webhookUrlsByIds, type WebhookUrlDeps } from '../use-cases/webhook-urls.ts';
import type { EnumOf, Ref } from './builder.ts';

async function loadConnection(ctx: GraphContext, id: string): Promise<Connection | null> {
  const { db, workspaceId } = ctx.useCases;
  return ctx.loader('connection', (ids) => connectionsByIds(db, workspaceId, ids)).load(id);
}

async function loadWebhookUrl(ctx: GraphContext, deps: WebhookUrlDeps, id: string): Promise<string | null> {
  const { db, workspaceId } = ctx.useCases;
  return ctx.loader('webhookUrl', (ids) => webhookUrlsByIds(db, deps, workspaceId, ids)).load(id);
}

export function addConnectionProvider(builder: SubgraphBuilder): EnumOf<Provider> {
  return builder.enumType('ConnectionProvider', {
    description: 'Whose account is connected.',
    values: { STRIPE: { description: 'Stripe.' } },
  });
}

export function addConnection(
  builder: SubgraphBuilder,
  ProviderType: EnumOf<Provider>,
  deps: WebhookUrlDeps,
): Ref<Connection> {
  const State = builder.enumType('ConnectionState', {
    description: 'Where a connection stands.',
    values: {
      PENDING: {
        description: 'Being made. If it stays so, the call broke off: connect the account again and it is taken up.',
      },
      ACTIVE: { description: 'Deliveries are accepted and the account is read.' },
      NEEDS_REAUTH: { description: 'The credential stopped working. Connect the account again with a new one.' },
      DISCONNECTED: {
        description:
          'Ended, by us or because the account took its access away: the credential is not used any more, deliveries are not accepted. Final.',
      },
      ERROR: { description: 'Something else is wrong; deliveries are still accepted.' },
    },
  });
  const Access = builder.enumType('ConnectionAccess', {
    description: 'By what right we act for the account.',
    values: {
      API_KEY: { description: 'With a key of the account’s own, which somebody gave us.' },
      OAUTH: {
        description:
          'Its owner allowed it on the provider’s page (startStripeAuthorization) and can take it back there; no key of theirs is held.',
      },
    },
  });
  const ConnectionType = builder.objectRef<Connection>('Connection').implement({
    description: 'One account at one provider, connected to this workspace. Its credential is never shown.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Begins with conn_.' }),
      provider: t.expose('provider', { type: ProviderType, description: 'Whose account it is.' }),
      access: t.expose('access', { type: Access, description: 'By what right we act for the account.' }),
      state: t.expose('state', { type: State, description: 'Where it stands.' }),
      account: t.exposeString('account', { description: 'The provider’s own name for the account: `acct_…`.' }),
      livemode: t.exposeBoolean('livemode', {
        description: 'True for real money; the same as the mode of the workspace.',
      }),
      displayName: t.exposeString('displayName', { description: 'What the account calls itself at the provider.' }),
      webhookUrl: t.string({
        nullable: true,
        description:
          'Where the provider posts its events. Whoever knows it can knock, but not sign. Null once disconnected, and for a connection by OAUTH, whose events come in at the platform’s endpoint.',
        resolve: ({ id }, _args, ctx) => loadWebhookUrl(ctx, deps, id),
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for, in business time.' }),
      activatedAt: t.expose('activatedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it last became ACTIVE, in business time.',
      }),
      disconnectedAt: t.expose('disconnectedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was disconnected, in business time.',
      }),
    }),
  });
  builder.asEntity(ConnectionType, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: ({ id }, ctx) => {
      if (ctx.caller.kind !== 'API_KEY' || !grants(ctx.caller.scopes, 'connections:read'))
        throw new AuthorizationError('connections:read');
      return loadConnection(ctx, id);
    },
  });
  builder.queryField('connection', (t) =>
    t.field({
      type: ConnectionType,
      nullable: true,
      description: 'One connection, or null if this workspace has none of this id.',
      args: { id: t.arg.id({ required: true, description: 'Begins with conn_.' }) },
      authScopes: { scope: 'connections:read' },
      resolve: (_root, { id }, ctx) => loadConnection(ctx, id),
    }),
  );
  addConnections(builder, ConnectionType);
  return ConnectionType;
}

function addConnections(builder: SubgraphBuilder, ConnectionType: Ref<Connection>): void {
  builder.queryField('connections', (t) =>
    t.connection(
      {
        type: ConnectionType,
        description: 'The workspace’s connections, newest first, disconnected ones included.',
        authScopes: { scope: 'connections:read' },
        resolve: (_root, args, { useCases: { db, workspaceId } }) =>
          keysetConnection(args, {
            key: (row: Connection) => ({ at: row.createdAt, id: row.id }),
            page: (page) => connectionsPage(db, workspaceId, keysetQuery('createdAt', page)),
            count: () => countConnections(db, workspaceId, COUNTED_TO),
          }),
      },
      {
        name: 'ConnectionConnection',
        description: 'A page of connections.',
        fields: (c) => ({
          totalCount: c.int({
            description: 'How many there are; counting stops at 10,000.',
            resolve: (list) => list.totalCount(),
          }),
        }),
      },
      { name: 'ConnectionEdge', description: 'One connection and its place in the list.' },
    ),
  );
}
