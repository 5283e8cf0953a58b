import type { Tx } from '#subgraphs/shared/db/context.ts';

/** What accounts asks of Stripe; billing speaks the protocol. Network: never called inside a transaction. `of`: who asks, and for which account. */
export interface StripePort {
  /** @throws {ProviderRefusedError} for a key Stripe does not accept. @throws {ProviderUnavailableError} without a usable answer. */
  readAccount(
    apiKey: string,
    of: { readonly workspaceId: string },
  ): Promise<{ readonly account: string; readonly livemode: boolean; readonly displayName: string }>;
  /**
   * Asks Stripe to send its events to `url`. Repeating the call with one `idempotencyKey` gives the same endpoint and secret.
   * @throws {ProviderRefusedError} @throws {ProviderUnavailableError}
   */
  registerWebhook(
    apiKey: string,
    endpoint: { url: string; idempotencyKey: string },
    of: { readonly workspaceId: string; readonly account: string },
  ): Promise<{ readonly secret: string; readonly providerEndpointId: string }>;
  /** Whose access a code stands for. It can be asked once. @throws {ProviderRefusedError} for a code that is used or unknown. @throws {ProviderUnavailableError} */
  exchangeOAuthCode(
    platformKey: string,
    code: string,
    of: { readonly workspaceId: string },
  ): Promise<{ readonly account: string; readonly livemode: boolean }>;
  /** An account that lets the platform act for it. @throws {ProviderRefusedError} when it no longer does. @throws {ProviderUnavailableError} */
  readConnectedAccount(
    platformKey: string,
    account: string,
    of: { readonly workspaceId: string },
  ): Promise<{ readonly displayName: string }>;
  /**
   * Ends what an account's owner allowed the platform. That nothing is allowed any more is success, too.
   * @throws {ProviderRefusedError} when Stripe does not take the platform for who it says it is. @throws {ProviderUnavailableError}
   */
  deauthorize(
    platform: { readonly apiKey: string; readonly clientId: string },
    account: string,
    of: { readonly workspaceId: string },
  ): Promise<void>;
  /** Stripe posts nothing to it any more. @throws {ProviderRefusedError} when it is gone, or the key may not. @throws {ProviderUnavailableError} */
  deleteWebhook(
    apiKey: string,
    providerEndpointId: string,
    of: { readonly workspaceId: string; readonly account: string },
  ): Promise<void>;
}

/** Part of the transaction that makes the connection ACTIVE: enqueues the first full read of the account. */
export type OnStripeConnected = (
  tx: Tx,
  connection: { readonly connectionId: string; readonly account: string; readonly livemode: boolean },
) => Promise<{ readonly jobId: string }>;
