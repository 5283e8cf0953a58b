import type { Tx } from '../db/context.ts';

/** Which kept deliveries; what is left out does not restrict. */
export interface DeliveryFilter {
  readonly ids?: readonly string[] | null | undefined;
  readonly states?: readonly string[] | null | undefined;
  readonly types?: readonly string[] | null | undefined;
  /** The provider's id of the object. */
  readonly objectId?: string | null | undefined;
  readonly account?: string | null | undefined;
  /** First delivered from here on, wall time. */
  readonly since?: Date | null | undefined;
  /** First delivered before, wall time. */
  readonly until?: Date | null | undefined;
}

export interface DeliveryCount {
  readonly state: string;
  readonly type: string | null;
  readonly count: number;
}

// $1 workspace; an absent condition is null.
const MATCHING = `
  workspace_id = $1 AND ($2::text[] IS NULL OR id = ANY($2)) AND ($3::text[] IS NULL OR state = ANY($3)) AND ($4::text[] IS NULL OR event_type = ANY($4))
  AND ($5::text IS NULL OR object_id = $5) AND ($6::text IS NULL OR account = $6) AND ($7::timestamptz IS NULL OR received_at >= $7) AND ($8::timestamptz IS NULL OR received_at < $8)`;

const conditions = (workspaceId: string, filter: DeliveryFilter): unknown[] => [
  workspaceId,
  filter.ids ?? null,
  filter.states ?? null,
  filter.types ?? null,
  filter.objectId ?? null,
  filter.account ?? null,
  filter.since ?? null,
  filter.until ?? null,
];

/** How many deliveries match, by state and type. A type of null is a body that could not be read: it is never replayed. */
export async function countDeliveries(tx: Tx, filter: DeliveryFilter): Promise<readonly DeliveryCount[]> {
  const rows = await tx.db.$queryRawUnsafe<{ state: string; type: string | null; count: bigint }[]>(
    `SELECT state, event_type AS type, count(*) FROM kernel.inbox_event WHERE ${MATCHING} GROUP BY state, event_type ORDER BY count(*) DESC, event_type, state`,
    ...conditions(tx.workspaceId, filter),
  );
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

/**
 * Puts the next few matching deliveries back to RECEIVED, with all their attempts, and wakes the inbox. What is RECEIVED already is on its way and
 * left alone; a body that could not be read would not be readable now either.
 * @returns how many, and the id to go on after; null when there are no more.
 */
export async function replayDeliveries(
  tx: Tx,
  filter: DeliveryFilter,
  after: string | null,
  limit: number,
): Promise<{ readonly replayed: number; readonly last: string | null }> {
  const rows = await tx.db.$queryRawUnsafe<{ id: string }[]>(
    `WITH matching AS (
       SELECT id FROM kernel.inbox_event WHERE ${MATCHING} AND ($9::text IS NULL OR id > $9) AND state <> 'RECEIVED' AND event_type IS NOT NULL
       ORDER BY id LIMIT ${String(limit)} FOR UPDATE
     )
     UPDATE kernel.inbox_event e SET state = 'RECEIVED', reason = NULL, attempts = 0, interruptions = 0, next_attempt_at = NULL, applied_at = NULL
     FROM matching m WHERE e.workspace_id = $1 AND e.id = m.id RETURNING e.id`,
    ...conditions(tx.workspaceId, filter),
    after,
  );
  if (rows.length > 0) tx.wake('inbox');
  const last = rows.reduce<string | null>((latest, { id }) => (latest === null || id > latest ? id : latest), null);
  return { replayed: rows.length, last: rows.length < limit ? null : last };
}
