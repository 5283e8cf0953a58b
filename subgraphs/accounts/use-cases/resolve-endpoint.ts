import { sha256Hex } from '#subgraphs/shared/crypto/crypto.ts';
import type { Vault } from '#subgraphs/shared/crypto/vault.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';
import { secretPlace } from '../domain/secrets.ts';
import { ENDPOINTS_BY_HASH, type EndpointRow } from '../repositories/connections.ts';

export interface ResolvedEndpoint {
  readonly workspaceId: string;
  readonly mode: 'LIVE' | 'TEST';
  readonly connectionId: string;
  readonly endpointId: string;
  /** Those that count at this moment, newest first. */
  readonly secrets: readonly EndpointSecret[];
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

const PATH = /^whe_[\w-]{43}$/;
const PROVIDERS: Readonly<Record<string, string>> = { stripe: 'STRIPE' };

/**
 * The connections behind the last parts of webhook URLs; null for what is unknown or disconnected. It is all that says whose delivery this is,
 * so it is looked up with the system role, before any workspace is known. Nothing is remembered here; platform's
 * door does, for a second.
 */
export async function resolveEndpoints(
  deps: { system: SystemDb; vault: Vault; wall: Clock },
  asked: readonly { readonly provider: string; readonly endpointPath: string }[],
): Promise<readonly (ResolvedEndpoint | null)[]> {
  const hashes = asked.map(({ provider, endpointPath }) =>
    PROVIDERS[provider.toLowerCase()] !== undefined && PATH.test(endpointPath) ? sha256Hex(endpointPath) : null,
  );
  const known = [...new Set(hashes.filter((hash) => hash !== null))];
  if (known.length === 0) return asked.map(() => null);
  const rows = await deps.system.query<EndpointRow>(ENDPOINTS_BY_HASH, [known, deps.wall.now()]);
  const found = new Map(rows.map((row) => [`${row.provider} ${row.endpoint_hash}`, endpointOf(deps.vault, row)]));
  return asked.map(
    ({ provider }, index) => found.get(`${PROVIDERS[provider.toLowerCase()] ?? ''} ${hashes[index] ?? ''}`) ?? null,
  );
}

function endpointOf(vault: Vault, row: EndpointRow): ResolvedEndpoint {
  return {
    workspaceId: row.workspace_id,
    mode: row.livemode ? 'LIVE' : 'TEST', // a connection is refused unless its livemode fits its workspace
    connectionId: row.id,
    endpointId: row.endpoint_id,
    secrets: row.secrets.map(({ id, sealed, expires }) => ({
      id,
      secret: vault.decrypt(sealed, secretPlace(row.workspace_id, row.id)),
      expires,
    })),
    account: row.account,
    livemode: row.livemode,
  };
}
