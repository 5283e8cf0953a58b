import type { ClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import type { Logger } from '#subgraphs/shared/logging/logger.ts';
import type { Counting } from '#subgraphs/shared/metrics/metrics.ts';
import { crashpoint } from '#subgraphs/shared/testing/crashpoint.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';
import type { EventStream } from '#subgraphs/shared/events/stream.ts';
import { moveShipCursor, readShipCursor } from '../repositories/ship-cursor.ts';
import { saveEvents } from '../repositories/shipped-events.ts';
import { projectMirror } from './project-mirror.ts';
import { projectRecoveryCases } from './project-recovery-cases.ts';

export interface ShipDeps {
  readonly stream: EventStream;
  readonly system: SystemDb;
  readonly clickhouse: ClickHouse;
  readonly wall: Clock;
  readonly log: Logger;
  readonly metrics?: Counting;
}

/** How old "nothing was left" may grow before it is written again when nothing happens: it is what readers see as lag. */
const LEVEL_REFRESH_MS = 1_000;

/**
 * Copies the next events to ClickHouse, at most `limit`, and then moves the cursor. Whatever dies in between, the same events are copied
 * again, which changes nothing there: at least once, counted once.
 * @returns how many were copied; fewer than `limit` means that nothing was left.
 * @throws {ClickHouseUnavailableError} to be tried again later; the cursor has not moved.
 */
export async function shipEvents(deps: ShipDeps, { limit }: { limit: number }): Promise<number> {
  const startedAt = deps.wall.now();
  const cursor = await readShipCursor(deps.system);
  const batch = await deps.stream.readAfter(cursor.position, limit);
  if (batch.length > 0) {
    await saveEvents(deps.clickhouse, batch);
    await projectRecoveryCases(deps, batch);
    await projectMirror(deps, batch);
    crashpoint('clickhouse.after-insert');
  }
  const levelAt = batch.length < limit ? startedAt : cursor.levelAt;
  if (batch.length > 0 || isStale(cursor.levelAt, startedAt)) {
    await moveShipCursor(deps.system, {
      position: batch.at(-1)?.position ?? cursor.position,
      levelAt,
      now: deps.wall.now(),
    });
  }
  return batch.length;
}

function isStale(levelAt: Date | null, now: Date): boolean {
  return levelAt === null || now.getTime() - levelAt.getTime() >= LEVEL_REFRESH_MS;
}
