import type { ClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import { toClickHouseTime } from '#subgraphs/shared/clickhouse/time.ts';
import { shippedUntil } from '../clickhouse/queries/shipped-until.ts';
import type { PositionedEvent } from '#subgraphs/shared/events/stream.ts';

/** Stores events as they are; one that is there already becomes the same row again. */
export async function saveEvents(ch: ClickHouse, events: readonly PositionedEvent[]): Promise<void> {
  await ch.insert(
    'events',
    events.map(({ position, seq, event }) => ({
      workspace_id: event.workspaceId,
      type: event.type,
      event_id: event.id,
      position: position.toString(),
      seq: seq.toString(),
      schema_version: event.version,
      subject_type: event.subjectType,
      subject_id: event.subjectId,
      payload: JSON.stringify(event.payload),
      occurred_at: toClickHouseTime(event.occurredAt),
      recorded_at: toClickHouseTime(event.recordedAt),
    })),
  );
}

/** Business time of a workspace's newest shipped event; null before the first. */
export async function newestShippedEvent(ch: ClickHouse, workspaceId: string): Promise<Date | null> {
  const [row] = await shippedUntil.run(ch, workspaceId);
  return row?.any === true ? row.occurred_at : null;
}
