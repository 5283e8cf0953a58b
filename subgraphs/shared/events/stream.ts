import type { SystemDb } from '../db/system.ts';
import type { StoredEvent } from './define.ts';
import { type EventRow, toStoredEvent } from './event-row.ts';

export interface PositionedEvent {
  /** Place in the one order of all workspaces' events, given by the dispatcher after the commit. */
  readonly position: bigint;
  /** Place in the order of the event's own workspace. */
  readonly seq: bigint;
  readonly event: StoredEvent;
}

/** The numbered event log over all workspaces, for readers that copy it elsewhere. */
export interface EventStream {
  /** At most `limit` events past `position`, the lowest first; empty when there are none yet. */
  readAfter(position: bigint, limit: number): Promise<readonly PositionedEvent[]>;
}

interface PositionedRow extends EventRow {
  readonly workspace_id: string;
  readonly position: string;
}

/** Reads with the system role: one order over all workspaces. */
export function createEventStream(system: SystemDb): EventStream {
  return {
    readAfter: async (position, limit): Promise<PositionedEvent[]> => {
      const rows = await system.query<PositionedRow>(
        `SELECT s.position::text, s.seq::text, e.id, e.workspace_id, e.type, e.version, e.subject_type, e.subject_id, e.payload,
                e.occurred_at, e.recorded_at
         FROM kernel.stream s JOIN kernel.event e ON e.workspace_id = s.workspace_id AND e.id = s.event_id
         WHERE s.position > $1 ORDER BY s.position LIMIT $2`,
        [position.toString(), limit],
      );
      return rows.map((row) => ({
        position: BigInt(row.position),
        seq: BigInt(row.seq),
        event: toStoredEvent(row.workspace_id, row),
      }));
    },
  };
}
