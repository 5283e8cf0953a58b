import type { Json } from '../json/json.ts';
import type { StoredEvent } from './define.ts';

/** A row of kernel.event with its number in the stream, however the driver spells a bigint. */
export interface EventRow {
  readonly id: string;
  readonly seq: bigint | string;
  readonly type: string;
  readonly version: number;
  readonly subject_type: string;
  readonly subject_id: string;
  readonly payload: Json;
  readonly occurred_at: Date;
  readonly recorded_at: Date;
}

export function toStoredEvent(workspaceId: string, row: EventRow): StoredEvent {
  return {
    id: row.id,
    workspaceId,
    type: row.type,
    version: row.version,
    subjectType: row.subject_type,
    subjectId: row.subject_id,
    payload: row.payload,
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
    seq: BigInt(row.seq),
  };
}
