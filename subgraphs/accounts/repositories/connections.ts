import type { Db } from '#subgraphs/shared/db/prisma.ts';
import {
  RECEIVING_STATES,
  type Connection,
  type ConnectionAccess,
  type ConnectionState,
  type Provider,
} from '../domain/connection.ts';

export type ConnectionsDb = Pick<Db, 'connection' | '$queryRaw'>;

/** The sealed parts of a connection, for the few verbs that unseal them. */
export interface SealedParts {
  readonly credential: string | null;
  readonly endpointToken: string | null;
}

const COLUMNS = {
  workspaceId: true,
  id: true,
  provider: true,
  access: true,
  state: true,
  account: true,
  livemode: true,
  displayName: true,
  endpointId: true,
  providerEndpointId: true,
  createdAt: true,
  activatedAt: true,
  disconnectedAt: true,
} as const;
const SEALED = { credential: true, endpointToken: true } as const;

interface ConnectionRow extends Omit<Connection, 'provider' | 'access' | 'state'> {
  readonly provider: string;
  readonly access: string;
  readonly state: string;
}

function asConnection<Row extends ConnectionRow>(
  row: Row,
): Omit<Row, 'provider' | 'access' | 'state'> & {
  provider: Provider;
  access: ConnectionAccess;
  state: ConnectionState;
} {
  return {
    ...row,
    provider: row.provider as Provider,
    access: row.access as ConnectionAccess,
    state: row.state as ConnectionState,
  };
}

export async function insertConnection(
  db: ConnectionsDb,
  connection: Connection,
  sealed: SealedParts,
  endpointHash: string,
): Promise<void> {
  await db.connection.create({ data: { ...connection, ...sealed, endpointHash } });
}

export async function saveConnection(
  db: ConnectionsDb,
  connection: Connection,
  sealed: Partial<SealedParts> = {},
): Promise<void> {
  const { workspaceId, id, state, displayName, providerEndpointId, activatedAt, disconnectedAt } = connection;
  // What an earlier release kept in the row itself goes with the connection, too.
  const legacy = state === 'DISCONNECTED' ? { webhookSecrets: [] } : {};
  await db.connection.update({
    where: { workspaceId_id: { workspaceId, id } },
    data: { state, displayName, providerEndpointId, activatedAt, disconnectedAt, ...sealed, ...legacy },
  });
}

/** What a disconnected connection kept until the provider was told. */
export async function eraseCredential(db: ConnectionsDb, workspaceId: string, id: string): Promise<void> {
  await db.connection.updateMany({
    where: { workspaceId, id, state: 'DISCONNECTED' },
    data: { credential: null },
  });
}

/** Only a row that was never active can go; anything else is history and stays. */
export async function deletePending(db: ConnectionsDb, workspaceId: string, id: string): Promise<void> {
  await db.connection.deleteMany({ where: { workspaceId, id, state: 'PENDING' } });
}

/** Serialises everything that is done about one account in one workspace, before a row for it exists. Held until the transaction ends. */
export async function lockAccount(
  db: ConnectionsDb,
  workspaceId: string,
  provider: Provider,
  account: string,
): Promise<void> {
  await db.$queryRaw`SELECT 1 AS locked FROM (SELECT pg_advisory_xact_lock(hashtextextended(${`accounts.connection:${workspaceId}:${provider}:${account}`}, 0))) AS l`;
}

/** The connection of this account that is not history, locked, if there is one; at most one can be. */
export async function lockCurrentConnection(
  db: ConnectionsDb,
  workspaceId: string,
  provider: Provider,
  account: string,
): Promise<(Connection & SealedParts) | null> {
  const [row] = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM accounts.connection WHERE workspace_id = ${workspaceId} AND provider = ${provider} AND account = ${account} AND state <> 'DISCONNECTED' FOR UPDATE`;
  return row === undefined ? null : connectionWithSecrets(db, workspaceId, row.id);
}

export async function lockConnection(
  db: ConnectionsDb,
  workspaceId: string,
  id: string,
): Promise<(Connection & SealedParts) | null> {
  await db.$queryRaw`SELECT id FROM accounts.connection WHERE workspace_id = ${workspaceId} AND id = ${id} FOR UPDATE`;
  return connectionWithSecrets(db, workspaceId, id);
}

export async function connectionWithSecrets(
  db: ConnectionsDb,
  workspaceId: string,
  id: string,
): Promise<(Connection & SealedParts) | null> {
  const row = await db.connection.findUnique({
    where: { workspaceId_id: { workspaceId, id } },
    select: { ...COLUMNS, ...SEALED },
  });
  return row === null ? null : asConnection(row);
}

export async function connectionsByIds(
  db: ConnectionsDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Connection>> {
  const rows = await db.connection.findMany({ where: { workspaceId, id: { in: [...ids] } }, select: COLUMNS });
  return new Map(rows.map((row) => [row.id, asConnection(row)]));
}

export async function connectionsPage(
  db: ConnectionsDb,
  workspaceId: string,
  slice: { where: object; orderBy: object[]; take: number },
): Promise<Connection[]> {
  const rows = await db.connection.findMany({ ...slice, where: { ...slice.where, workspaceId }, select: COLUMNS });
  return rows.map(asConnection);
}

export async function countConnections(db: ConnectionsDb, workspaceId: string, upTo: number): Promise<number> {
  return db.connection.count({ where: { workspaceId }, take: upTo });
}

export async function sealedTokensByIds(
  db: ConnectionsDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await db.connection.findMany({
    where: { workspaceId, id: { in: [...ids] } },
    select: { id: true, endpointToken: true },
  });
  return new Map(rows.flatMap(({ id, endpointToken }) => (endpointToken === null ? [] : [[id, endpointToken]])));
}

/** Connections whose credential may be used. */
export async function activeConnections(
  db: ConnectionsDb,
  workspaceId: string,
  provider: Provider,
): Promise<readonly Connection[]> {
  const rows = await db.connection.findMany({
    where: { workspaceId, provider, state: 'ACTIVE' },
    orderBy: { id: 'asc' },
    select: COLUMNS,
  });
  return rows.map(asConnection);
}

/** Those that are not history, oldest first. */
export async function connectionsInUse(
  db: ConnectionsDb,
  workspaceId: string,
  limit: number,
): Promise<readonly Connection[]> {
  const rows = await db.connection.findMany({
    where: { workspaceId, state: { not: 'DISCONNECTED' } },
    orderBy: { id: 'asc' },
    take: limit,
    select: COLUMNS,
  });
  return rows.map(asConnection);
}

export interface EndpointRow {
  readonly endpoint_hash: string;
  readonly provider: string;
  readonly workspace_id: string;
  readonly id: string;
  readonly endpoint_id: string;
  readonly account: string;
  readonly livemode: boolean;
  /** Those that count, newest first. */
  readonly secrets: readonly { readonly id: string; readonly sealed: string; readonly expires: boolean }[];
}

const RECEIVING = RECEIVING_STATES.map((state) => `'${state}'`).join(', ');

/** By the hashes of path tokens, before any workspace is known: for the system role. $1 hashes, $2 now. */
export const ENDPOINTS_BY_HASH = `
  SELECT c.endpoint_hash, c.provider, c.workspace_id, c.id, c.endpoint_id, c.account, c.livemode, COALESCE(s.secrets, '[]') AS secrets
  FROM accounts.connection c LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object('id', s.id, 'sealed', s.sealed, 'expires', s.expires_at IS NOT NULL) ORDER BY s.added_at DESC, s.id DESC) AS secrets
    FROM accounts.webhook_secret s
    WHERE s.workspace_id = c.workspace_id AND s.connection_id = c.id AND (s.expires_at IS NULL OR s.expires_at > $2)
  ) s ON true
  WHERE c.endpoint_hash = ANY($1) AND c.state IN (${RECEIVING})`;

export interface ConnectedRow {
  readonly workspace_id: string;
  readonly id: string;
  readonly endpoint_id: string;
}

/** Those by OAuth, of an account in a mode, before any workspace is known: for the system role. */
export const CONNECTED_BY_ACCOUNT = `
  SELECT workspace_id, id, endpoint_id FROM accounts.connection
  WHERE provider = 'STRIPE' AND access = 'OAUTH' AND account = $1 AND livemode = $2 AND state IN (${RECEIVING}) ORDER BY id`;
