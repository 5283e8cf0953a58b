import type { SystemDb } from '#subgraphs/shared/db/system.ts';

export interface ShipCursor {
  /** Every event up to here is in ClickHouse. */
  readonly position: bigint;
  /** Wall time at which nothing was left to ship; null before that first happened. */
  readonly levelAt: Date | null;
}

const NAME = 'clickhouse';

export async function readShipCursor(system: SystemDb): Promise<ShipCursor> {
  const [row] = await system.query<{ position: string; level_at: Date | null }>(
    'SELECT position::text, level_at FROM analytics.ship_cursor WHERE name = $1',
    [NAME],
  );
  return { position: BigInt(row?.position ?? '0'), levelAt: row?.level_at ?? null };
}

/** Every event up to this position is in ClickHouse. */
export async function shippedUpTo(system: SystemDb): Promise<bigint> {
  return (await readShipCursor(system)).position;
}

/** Forwards only: of two shippers that overlap, the slower one must not take the cursor back. */
export async function moveShipCursor(
  system: SystemDb,
  to: { position: bigint; levelAt: Date | null; now: Date },
): Promise<void> {
  await system.query(
    `INSERT INTO analytics.ship_cursor AS c (name, position, level_at, moved_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (name) DO UPDATE SET position = greatest(c.position, excluded.position),
       level_at = greatest(c.level_at, excluded.level_at), moved_at = excluded.moved_at`,
    [NAME, to.position.toString(), to.levelAt, to.now],
  );
}

/** How many numbered events are not shipped yet, and when none was left. */
export async function readShipBacklog(system: SystemDb): Promise<{ events: number; levelAt: Date | null }> {
  const { position, levelAt } = await readShipCursor(system);
  const [row] = await system.query<{ events: string }>(
    'SELECT greatest(coalesce(max(position), 0) - $1, 0)::text AS events FROM kernel.stream',
    [position.toString()],
  );
  return { events: Number(row?.events ?? 0), levelAt };
}

/** The last number given, over all workspaces. */
export async function newestPosition(system: SystemDb): Promise<bigint> {
  const [row] = await system.query<{ position: string }>(
    'SELECT coalesce(max(position), 0)::text AS position FROM kernel.stream',
  );
  return BigInt(row?.position ?? '0');
}

/** The last of a workspace's events at a moment: its number, and the one that waits for one, if any. */
export interface Committed {
  readonly position: bigint;
  readonly eventId: string | null;
}

export async function committedNow(system: SystemDb, workspaceId: string): Promise<Committed> {
  const [row] = await system.query<{ position: string; event_id: string | null }>(
    `SELECT coalesce((SELECT position FROM kernel.stream WHERE workspace_id = $1 ORDER BY seq DESC LIMIT 1), 0)::text AS position,
            (SELECT event_id FROM kernel.event_outbox WHERE workspace_id = $1 ORDER BY ordinal DESC LIMIT 1) AS event_id`,
    [workspaceId],
  );
  return { position: BigInt(row?.position ?? '0'), eventId: row?.event_id ?? null };
}

/** Whether everything up to there is in ClickHouse. */
export async function isShipped(system: SystemDb, workspaceId: string, committed: Committed): Promise<boolean> {
  const { position } = await readShipCursor(system);
  if (committed.position > position) return false;
  if (committed.eventId === null) return true;
  const [row] = await system.query<{ position: string }>(
    'SELECT position::text FROM kernel.stream WHERE workspace_id = $1 AND event_id = $2',
    [workspaceId, committed.eventId],
  );
  return row !== undefined && BigInt(row.position) <= position;
}
