import { sha256Hex } from '#subgraphs/shared/crypto/crypto.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import type { StripePlatforms } from '../domain/platform.ts';
import { CONNECTED_BY_ACCOUNT, type ConnectedRow } from '../repositories/connections.ts';
import type { EndpointSecret, ResolvedEndpoint } from './resolve-endpoint.ts';

/** A signing secret of the platform's endpoint. */
export interface PlatformSecret extends EndpointSecret {
  /** Only a secret of live mode signs what is about real money; it signs test events as well. */
  readonly livemode: boolean;
}

/** Named by what they are, not by their place: the list in the configuration changes when one is rolled. */
export function platformSecrets({ LIVE, TEST }: StripePlatforms): readonly PlatformSecret[] {
  return [LIVE, TEST].flatMap(
    (platform, index) =>
      platform?.webhookSecrets.map((secret) => ({
        id: `platform_${sha256Hex(secret).slice(0, 8)}`,
        secret,
        expires: false,
        livemode: index === 0,
      })) ?? [],
  );
}

export type ConnectedEndpoint = Omit<ResolvedEndpoint, 'secrets'>;

/** Which connections by OAuth an event of this account is for: two workspaces may have connected it. Disconnected ones get nothing any more. */
export async function connectedAccounts(
  { system }: { readonly system: SystemDb },
  account: string,
  livemode: boolean,
): Promise<readonly ConnectedEndpoint[]> {
  const rows = await system.query<ConnectedRow>(CONNECTED_BY_ACCOUNT, [account, livemode]);
  return rows.map(({ workspace_id: workspaceId, id, endpoint_id: endpointId }) => ({
    workspaceId,
    mode: livemode ? 'LIVE' : 'TEST',
    connectionId: id,
    endpointId,
    account,
    livemode,
  }));
}
