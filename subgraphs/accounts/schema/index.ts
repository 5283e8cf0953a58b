import type { GraphQLSchema } from 'graphql';
import { buildSubgraph } from '#subgraphs/shared/graphql/builder.ts';
import type { ConnectStripeDeps } from '../use-cases/connect-stripe.ts';
import { addJobRef, createAccountsBuilder } from './builder.ts';
import { addConnection, addConnectionProvider } from './connection.ts';
import { addCreateConnection } from './mutations/create-connection.ts';
import { addStartStripeAuthorization } from './mutations/start-stripe-authorization.ts';
import { addStartSync } from './mutations/start-sync.ts';
import type { StripeAuthorizationDeps } from '../use-cases/start-stripe-authorization.ts';
import type { EnqueueSync } from '../use-cases/start-sync.ts';
import { addSyncRun } from './sync-run.ts';
import { addDisconnectConnection } from './mutations/disconnect-connection.ts';
import { addAddWebhookSecret } from './mutations/add-webhook-secret.ts';
import { addRemoveWebhookSecret } from './mutations/remove-webhook-secret.ts';
import { addRollWebhookSecret } from './mutations/roll-webhook-secret.ts';
import { addProviderHealth } from './provider-health.ts';
import { addWebhookSecretType } from './webhook-secret.ts';

type Deps = ConnectStripeDeps & StripeAuthorizationDeps & { readonly enqueueSync: EnqueueSync };

export function buildAccountsSchema(deps: Deps): GraphQLSchema {
  const builder = createAccountsBuilder();
  const provider = addConnectionProvider(builder);
  const connection = addConnection(builder, provider, deps);
  addProviderHealth(builder, connection);
  addWebhookSecretType(builder, connection, deps);
  const JobRef = addJobRef(builder);
  const Kind = addSyncRun(builder, connection);
  addCreateConnection(builder, { connection, provider, JobRef }, deps);
  addDisconnectConnection(builder, connection);
  addStartSync(builder, { Kind, JobRef }, deps.enqueueSync);
  addStartStripeAuthorization(builder, deps);
  addAddWebhookSecret(builder, connection, deps);
  addRollWebhookSecret(builder, connection, deps);
  addRemoveWebhookSecret(builder, connection, deps);
  return buildSubgraph(builder);
}
