import type { ClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import type { PositionedEvent } from '#subgraphs/shared/events/stream.ts';
import type { Logger } from '#subgraphs/shared/logging/logger.ts';
import { type MirrorChange, versionOf } from '../domain/mirror-change.ts';
import { MIRROR_CHANGED, readMirrorChanges } from '../events.ts';
import { saveMirrorChanges } from '../repositories/mirror-objects.ts';

/** Brings the mirror's history up to a stretch of the event stream, which must be in order. */
export async function projectMirror(
  deps: { clickhouse: ClickHouse; log: Logger },
  events: readonly PositionedEvent[],
): Promise<void> {
  await saveMirrorChanges(
    deps.clickhouse,
    events
      .filter(({ event }) => event.type === MIRROR_CHANGED)
      .flatMap((positioned) => changesIn(deps.log, positioned)),
  );
}

function changesIn(log: Logger, { event, position }: PositionedEvent): MirrorChange[] {
  const changes = readMirrorChanges(event);
  if (changes === null) {
    log.error(
      { eventId: event.id, type: event.type },
      'an event does not have the shape analytics expects and is not counted',
    );
    return [];
  }
  const { workspaceId, recordedAt } = event;
  return changes.map((change, index) => ({ ...change, workspaceId, recordedAt, version: versionOf(position, index) }));
}
