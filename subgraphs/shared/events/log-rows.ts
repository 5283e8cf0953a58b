import type { Database } from '../db/prisma.ts';
import type { SystemDb } from '../db/system.ts';
import { inWorkspace } from '../db/workspace-scope.ts';
import { type EventRow, toStoredEvent } from './event-row.ts';
import { cursorOf } from './cursor.ts';
import type { StoredEvent } from './define.ts';

export interface LoggedEvent {
  readonly event: StoredEvent;
  readonly cursor: string;
  readonly seq: bigint;
}

/** Events of some types in their order, and the number up to which there are no others of these types. */
export interface LogPage {
  readonly events: readonly LoggedEvent[];
  readonly upTo: bigint;
  /** Whether `upTo` was the newest number when it was read. */
  readonly last: boolean;
}

/** How a workspace's log is read: one statement each, so that numbers and rows are of one moment. */
export interface LogRows {
  /** The newest number of each, in one statement for all; those without a number are left out. */
  heads(workspaceIds: readonly string[]): Promise<ReadonlyMap<string, bigint>>;
  head(workspaceId: string): Promise<bigint>;
  page(workspaceId: string, types: readonly string[], after: bigint): Promise<LogPage>;
  /** The newest number, and the first event past `seq`, whatever its type. */
  placeOf(
    workspaceId: string,
    seq: bigint,
  ): Promise<{ newest: bigint; next: { seq: bigint; numberedAt: Date } | null }>;
}

type PageRow = { readonly head: string } & (EventRow | { readonly [K in keyof EventRow]: null });

const PAGE = `
  SELECT h.seq AS head, p.*
  FROM kernel.stream_head h LEFT JOIN LATERAL (
    SELECT s.seq, e.id, e.type, e.version, e.subject_type, e.subject_id, e.payload, e.occurred_at, e.recorded_at
    FROM kernel.stream s JOIN kernel.event e ON e.workspace_id = s.workspace_id AND e.id = s.event_id
    WHERE s.workspace_id = h.workspace_id AND s.seq > $2 AND e.type = ANY($3)
    ORDER BY s.seq LIMIT $4
  ) p ON true
  WHERE h.workspace_id = $1
  ORDER BY p.seq`;

/** @param pageSize events of a page at most */
export function createLogRows(
  { prisma, query }: Pick<Database, 'prisma' | 'query'>,
  system: Pick<SystemDb, 'query'>,
  pageSize: number,
): LogRows {
  return {
    heads: async (workspaceIds) => {
      const rows = await system.query<{ workspace_id: string; seq: string }>(
        'SELECT workspace_id, seq FROM kernel.stream_head WHERE workspace_id = ANY($1)',
        [workspaceIds],
      );
      return new Map(rows.map(({ workspace_id: workspaceId, seq }) => [workspaceId, BigInt(seq)]));
    },

    head: async (workspaceId) => {
      const sql = 'SELECT seq FROM kernel.stream_head WHERE workspace_id = $1';
      const [row] = await inWorkspace(workspaceId, () => query<{ seq: string }>(sql, [workspaceId]));
      return BigInt(row?.seq ?? 0);
    },

    page: async (workspaceId, types, after) => {
      const values = [workspaceId, after.toString(), types, pageSize];
      const rows = await inWorkspace(workspaceId, () => query<PageRow>(PAGE, values));
      const events = rows.filter(isEvent).map((row) => logged(workspaceId, row));
      const newest = BigInt(rows[0]?.head ?? 0);
      const full = events.length === pageSize;
      // What was asked after may be newer than a head that nobody has numbered past yet; going back would repeat events.
      const upTo = full ? (events.at(-1)?.seq ?? after) : newest > after ? newest : after;
      return { events, upTo, last: !full };
    },

    placeOf: async (workspaceId, seq) => {
      const [row] = await inWorkspace(
        workspaceId,
        async () =>
          await prisma.$queryRaw<{ newest: bigint; seq: bigint | null; numbered_at: Date | null }[]>`
        SELECT h.seq AS newest, n.seq, n.numbered_at
        FROM kernel.stream_head h LEFT JOIN LATERAL (
          SELECT s.seq, s.numbered_at FROM kernel.stream s
          WHERE s.workspace_id = h.workspace_id AND s.seq > ${seq} ORDER BY s.seq LIMIT 1
        ) n ON true
        WHERE h.workspace_id = ${workspaceId}`,
      );
      const next =
        row === undefined || row.seq === null || row.numbered_at === null
          ? null
          : { seq: row.seq, numberedAt: row.numbered_at };
      return { newest: row?.newest ?? 0n, next };
    },
  };
}

function isEvent(row: PageRow): row is { readonly head: string } & EventRow {
  return row.id !== null;
}

function logged(workspaceId: string, row: EventRow): LoggedEvent {
  const seq = BigInt(row.seq);
  return { event: toStoredEvent(workspaceId, row), cursor: cursorOf(workspaceId, seq), seq };
}
