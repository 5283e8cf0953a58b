import type { ClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import type { Logger } from '#subgraphs/shared/logging/logger.ts';
import { applyToCase, type PositionedChange, type RecoveryCaseFacts } from '../domain/recovery-case.ts';
import { readCaseChange } from '../events.ts';
import type { PositionedEvent } from '#subgraphs/shared/events/stream.ts';
import { findCases, saveCases } from '../repositories/recovery-cases.ts';

/**
 * Brings `recovery_case_current` up to a stretch of the event stream, which must be in order. A row is a pure function of its case's
 * events up to its version, so that repeating a stretch, or two shippers at once, ends in the same rows.
 */
export async function projectRecoveryCases(
  deps: { clickhouse: ClickHouse; log: Logger },
  events: readonly PositionedEvent[],
): Promise<void> {
  const changes = readable(deps.log, events);
  const cases = await knownCases(deps.clickhouse, changes);
  const touched = new Set<string>();
  for (const change of changes) {
    const key = keyOf(change);
    const before = cases.get(key) ?? null;
    const after = applyToCase(before, change);
    if (after === null)
      deps.log.error(
        { caseId: change.caseId, position: change.position.toString() },
        'a recovery case without its opening event is not counted',
      );
    if (after === null || after === before) continue;
    cases.set(key, after);
    touched.add(key);
  }
  await saveCases(
    deps.clickhouse,
    [...touched].flatMap((key) => cases.get(key) ?? []),
  );
}

/** What can't be read is logged and left out: one strange event must not stop the numbers of everybody. It stays in `events`. */
function readable(log: Logger, events: readonly PositionedEvent[]): PositionedChange[] {
  return events.flatMap(({ event, position }) => {
    const read = readCaseChange(event);
    if (read === 'IRRELEVANT') return [];
    if (read === 'UNREADABLE') {
      log.error(
        { eventId: event.id, type: event.type },
        'an event does not have the shape analytics expects and is not counted',
      );
      return [];
    }
    return [{ workspaceId: event.workspaceId, caseId: read.caseId, position, change: read.change }];
  });
}

async function knownCases(
  ch: ClickHouse,
  changes: readonly PositionedChange[],
): Promise<Map<string, RecoveryCaseFacts>> {
  const ids = new Map<string, Set<string>>();
  for (const { workspaceId, caseId } of changes) ids.set(workspaceId, (ids.get(workspaceId) ?? new Set()).add(caseId));
  const known = new Map<string, RecoveryCaseFacts>();
  for (const [workspaceId, caseIds] of ids) {
    for (const facts of await findCases(ch, workspaceId, [...caseIds])) known.set(keyOf(facts), facts);
  }
  return known;
}

function keyOf({ workspaceId, caseId }: { workspaceId: string; caseId: string }): string {
  return JSON.stringify([workspaceId, caseId]);
}
