import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';

export interface WebhookEndpoint {
  readonly workspaceId: string;
  readonly mode: 'LIVE' | 'TEST';
  readonly connectionId: string;
  readonly endpointId: string;
  /** Those that count at this moment, newest first. */
  readonly secrets: readonly EndpointSecret[];
  /** The provider's name for the connected account. */
  readonly account: string;
  readonly livemode: boolean;
}

export interface EndpointSecret {
  readonly id: string;
  /** In clear. */
  readonly secret: string;
  /** Whether it will stop counting: it is being replaced. */
  readonly expires: boolean;
}

/** Whose delivery is this? Asked before any workspace is known. */
export interface EndpointsPort {
  /**
   * `provider` as it stands in the URL (`stripe`), `endpointPath` the unguessable last part. Null for anything unknown. An answer may be a second
   * old unless `fresh` is asked for.
   */
  resolve(
    provider: string,
    endpointPath: string,
    options?: { readonly fresh: boolean },
  ): Promise<WebhookEndpoint | null>;
  /** Told, once a delivery is kept, which secret it was signed with. Waits for nothing and never fails. */
  noteMatch(workspaceId: string, secretId: string): void;
  /** Of the one endpoint for all accounts that are connected by OAuth; none where there is no such endpoint. */
  readonly platformSecrets: readonly PlatformSecret[];
  /** Which connections an event of this account is for. */
  connected(account: string, livemode: boolean): Promise<readonly Omit<WebhookEndpoint, 'secrets'>[]>;
}

/** A signing secret of the installation's own endpoint. */
export interface PlatformSecret extends EndpointSecret {
  /** Only a secret of live mode signs what is about real money; it signs test events as well. */
  readonly livemode: boolean;
}

/** The clocks of the connected providers' test modes, moved alongside ours. Network. */
export interface ProviderClocksPort {
  /** The next instant at which something happens there by itself (a renewal), or null. */
  nextChangeAt(ctx: UseCaseContext): Promise<Date | null>;
  /** Moves them there and returns when they have arrived. Does nothing for a clock that is already there or beyond. */
  advanceTo(ctx: UseCaseContext, instant: Date): Promise<void>;
  /** True when everything that has happened there was delivered to us. */
  settled(ctx: UseCaseContext): Promise<boolean>;
}
