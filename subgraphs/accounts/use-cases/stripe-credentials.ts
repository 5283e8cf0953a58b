import type { Vault } from '#subgraphs/shared/crypto/vault.ts';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { StripePlatforms } from '../domain/platform.ts';
import { credentialPlace } from '../domain/secrets.ts';
import { activeConnections, connectionWithSecrets } from '../repositories/connections.ts';

export interface StripeCredential {
  readonly endpointId: string;
  readonly apiKey: string;
  readonly account: string;
  readonly livemode: boolean;
  /** The key is the platform's: each call has to name the account. */
  readonly throughPlatform: boolean;
}

export interface StripeConnection {
  readonly connectionId: string;
  readonly account: string;
  readonly livemode: boolean;
}

export interface CredentialsPort {
  /** Null when the connection is not in this workspace or not active. The key is unsealed for the caller: keep it out of logs and rows. */
  stripe(ctx: UseCaseContext, connectionId: string): Promise<StripeCredential | null>;
  /** The workspace's active Stripe connections, oldest first. */
  stripeConnections(ctx: UseCaseContext): Promise<readonly StripeConnection[]>;
}

/** How other domains get at credentials: by connection, in the workspace of their context, and never stored on their side. */
export function createCredentials(vault: Vault, platforms: StripePlatforms): CredentialsPort {
  return {
    stripe: async (ctx, connectionId) => {
      const found = await connectionWithSecrets(ctx.db, ctx.workspaceId, connectionId);
      if (found?.state !== 'ACTIVE') return null;
      const { account, livemode, endpointId } = found;
      if (found.access === 'OAUTH') {
        const platform = platforms[ctx.mode];
        // A mistake of whoever runs this process, and not the end of the connection: what needs it waits.
        if (platform === null)
          throw new Error(`${connectionId} needs STRIPE_CONNECT_${ctx.mode}_KEY, which is not set`);
        return { apiKey: platform.apiKey, account, livemode, endpointId, throughPlatform: true };
      }
      if (found.credential === null) return null;
      const apiKey = vault.decrypt(found.credential, credentialPlace(ctx.workspaceId, connectionId));
      return { apiKey, account, livemode, endpointId, throughPlatform: false };
    },
    stripeConnections: async (ctx) => {
      const found = await activeConnections(ctx.db, ctx.workspaceId, 'STRIPE');
      return found.map(({ id, account, livemode }) => ({ connectionId: id, account, livemode }));
    },
  };
}
