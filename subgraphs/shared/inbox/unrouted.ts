import type { SystemDb } from '../db/system.ts';
import type { IdSource } from '../ids/ids.ts';
import type { Delivery, StoredDelivery } from './store.ts';

type Told = Pick<
  Delivery,
  'provider' | 'providerEventId' | 'eventType' | 'livemode' | 'objectId' | 'signedAt' | 'body'
>;

/** A delivery that is correctly signed and belongs to no workspace, as far as anybody knows. */
export interface UnroutedDelivery extends Told {
  /** Null when it names none, or cannot be read. */
  readonly account: string | null;
  readonly secretId: string;
  /** UNROUTED waits for a workspace that connects its account; IGNORED is of nobody's account; DEAD cannot be read. */
  readonly state: 'UNROUTED' | 'IGNORED' | 'DEAD';
  readonly reason: string | null;
}

type System = Pick<SystemDb, 'query'>;

const KEEP = `
  INSERT INTO kernel.unrouted_delivery (id, provider, provider_event_id, event_type, account, livemode, object_id, secret_id, signed_at, body, state, reason, received_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  ON CONFLICT (provider_event_id) DO UPDATE SET deliveries = kernel.unrouted_delivery.deliveries + 1
  RETURNING id`;

/** Kept once however often it comes, by the system: no workspace sees it. */
export async function keepUnrouted(
  { system, ids }: { readonly system: System; readonly ids: IdSource },
  delivery: UnroutedDelivery,
  receivedAt: Date,
): Promise<StoredDelivery> {
  const id = ids.next('unr');
  const { provider, providerEventId, eventType, account, livemode, objectId, secretId } = delivery;
  const named = [id, provider, providerEventId, eventType, account, livemode, objectId, secretId];
  const { signedAt, body, state, reason } = delivery;
  const [kept] = await system.query<{ id: string }>(KEEP, [...named, signedAt, body, state, reason, receivedAt]);
  if (!kept) throw new Error('A delivery was neither kept nor found');
  return { inboxEventId: kept.id, first: kept.id === id };
}

/** Whose deliveries. */
export interface AccountAndMode {
  readonly account: string;
  readonly livemode: boolean;
}

const OF_ACCOUNT = `kernel.unrouted_delivery WHERE account = $1 AND livemode = $2 AND state = 'UNROUTED'`;

export async function countUnrouted(system: System, { account, livemode }: AccountAndMode): Promise<number> {
  const sql = `SELECT count(*)::int AS count FROM ${OF_ACCOUNT}`;
  const [row] = await system.query<{ count: number }>(sql, [account, livemode]);
  return row?.count ?? 0;
}

export interface WaitingDelivery {
  readonly id: string;
  readonly secretId: string;
  readonly signedAt: Date;
  readonly body: Buffer;
}

/** Those that have waited longest. */
export async function oldestUnrouted(
  system: System,
  { account, livemode }: AccountAndMode,
  limit: number,
): Promise<readonly WaitingDelivery[]> {
  return system.query<WaitingDelivery>(
    `SELECT id, secret_id AS "secretId", signed_at AS "signedAt", body FROM ${OF_ACCOUNT} ORDER BY received_at, id LIMIT $3`,
    [account, livemode, limit],
  );
}

/** They are kept where they belong by now. */
export async function forgetRouted(system: System, ids: readonly string[]): Promise<void> {
  await system.query('DELETE FROM kernel.unrouted_delivery WHERE id = ANY($1)', [ids]);
}
