import { coalesce } from '#subgraphs/shared/batching/coalesce.ts';
import type { Vault } from '#subgraphs/shared/crypto/vault.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';
import { type Subgraph, withSchema } from '#subgraphs/shared/graphql/subgraph.ts';
import type { Logger } from '#subgraphs/shared/logging/logger.ts';
import { endDeauthorized } from './consumers/end-deauthorized.ts';
import type { StripePlatforms } from './domain/platform.ts';
import { deauthorizeAccount } from './effects/deauthorize-account.ts';
import { deleteWebhookEndpoint } from './effects/delete-webhook-endpoint.ts';
import { oauthCallbackRoute, type OAuthCallbackDeps } from './http/oauth-callback-route.ts';
import {
  connectedAccounts,
  platformSecrets,
  type ConnectedEndpoint,
  type PlatformSecret,
} from './use-cases/connected-accounts.ts';
import type { EnqueueSync } from './use-cases/start-sync.ts';
import { syncRuns, type SyncRunsPort } from './use-cases/sync-runs.ts';
import type { OnStripeConnected, StripePort } from './ports.ts';
import { buildAccountsSchema } from './schema/index.ts';
import { matchNotes } from './use-cases/note-matches.ts';
import { resolveEndpoints, type ResolvedEndpoint } from './use-cases/resolve-endpoint.ts';
import { createCredentials, type CredentialsPort } from './use-cases/stripe-credentials.ts';

export type { OnStripeConnected, StripePort } from './ports.ts';
export type { StripePlatform, StripePlatforms } from './domain/platform.ts';
export type { ConnectedEndpoint, PlatformSecret } from './use-cases/connected-accounts.ts';
export type { EndpointSecret, ResolvedEndpoint } from './use-cases/resolve-endpoint.ts';
export type { CredentialsPort, StripeConnection, StripeCredential } from './use-cases/stripe-credentials.ts';

/** What other domains ask of accounts. */
export interface AccountsPorts {
  readonly credentials: CredentialsPort;
  readonly runs: SyncRunsPort;
  readonly endpoints: {
    /** `provider` as in the URL (`stripe`); null for anything unknown or disconnected. */
    resolve(provider: string, endpointPath: string): Promise<ResolvedEndpoint | null>;
    /** A delivery was signed with this secret. Not waited for, and not told when it could not be noted: a later delivery will. */
    noteMatch(workspaceId: string, secretId: string): void;
    /** Of the one endpoint where Stripe posts what happens in accounts that are connected by OAuth; none where that is not configured. */
    readonly platformSecrets: readonly PlatformSecret[];
    connected(account: string, livemode: boolean): Promise<readonly ConnectedEndpoint[]>;
  };
}

/** Apart from the subgraph, because billing needs these before it can offer what the subgraph needs of billing. */
export function createAccountsPorts(deps: {
  readonly system: SystemDb;
  readonly vault: Vault;
  readonly wall: Clock;
  readonly platforms: StripePlatforms;
}): AccountsPorts {
  const resolve = coalesce((asked: readonly { provider: string; endpointPath: string }[]) =>
    resolveEndpoints(deps, asked),
  );
  const note = matchNotes(deps);
  return {
    credentials: createCredentials(deps.vault, deps.platforms),
    runs: syncRuns,
    endpoints: {
      resolve: (provider, endpointPath) => resolve({ provider, endpointPath }),
      noteMatch: (workspaceId, secretId) => {
        note({ workspaceId, secretId });
      },
      platformSecrets: platformSecrets(deps.platforms),
      connected: (account, livemode) => connectedAccounts(deps, account, livemode),
    },
  };
}

export interface AccountsDeps {
  readonly enqueueSync: EnqueueSync;
  readonly vault: Vault;
  readonly stripe: StripePort;
  readonly onStripeConnected: OnStripeConnected;
  /** Where providers reach us, without a trailing path: webhook URLs begin with it. */
  readonly publicUrl: string;
  /** Us as a platform at Stripe, and where its page for connecting is. */
  readonly platforms: StripePlatforms;
  readonly connectBase: string;
  readonly system: SystemDb;
  readonly contextFor: OAuthCallbackDeps['contextFor'];
  readonly log: Logger;
}

export function createAccountsSubgraph(deps: AccountsDeps): Subgraph {
  return withSchema(() => buildAccountsSchema(deps), {
    name: 'accounts',
    routes: [oauthCallbackRoute(deps)],
    consumers: [endDeauthorized(deps)],
    effects: [deauthorizeAccount(deps), deleteWebhookEndpoint(deps)],
  });
}
