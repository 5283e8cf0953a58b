import type { Clock } from '../time/clock.ts';
import type { SystemDb } from './system.ts';

export interface InFlight {
  readonly deliveries: number;
  readonly events: number;
  readonly consumptions: number;
  readonly effects: number;
  readonly timers: number;
}

/**
 * What of a workspace is decided and not carried out yet. All zeros: nothing older than business now is on its way. What waits for a retry
 * counts, what waits for a later business instant doesn't.
 */
export async function inFlight(system: SystemDb, wall: Clock, workspaceId: string): Promise<InFlight> {
  const [row] = await system.query<Record<keyof InFlight, string>>(
    `SELECT (SELECT count(*) FROM kernel.inbox_event WHERE workspace_id = $1 AND state IN ('RECEIVED', 'FAILED')) AS deliveries,
            (SELECT count(*) FROM kernel.event_outbox WHERE workspace_id = $1) AS events,
            (SELECT count(*) FROM kernel.consumption WHERE workspace_id = $1 AND state = 'PENDING') AS consumptions,
            (SELECT count(*) FROM kernel.effect e WHERE e.workspace_id = c.workspace_id AND state IN ('PENDING', 'CLAIMED', 'UNKNOWN') AND (e.not_before IS NULL OR e.not_before <= c.now)) AS effects,
            (SELECT count(*) FROM kernel.timer t WHERE t.workspace_id = c.workspace_id AND t.state = 'PENDING' AND t.due_at <= c.now) AS timers
     FROM (SELECT workspace_id, coalesce(test_now, $2) AS now FROM kernel.workspace_clock WHERE workspace_id = $1) c`,
    [workspaceId, wall.now()],
  );
  const count = (name: keyof InFlight): number => Number(row?.[name] ?? 0);
  return {
    deliveries: count('deliveries'),
    events: count('events'),
    consumptions: count('consumptions'),
    effects: count('effects'),
    timers: count('timers'),
  };
}

export const isQuiet = (state: InFlight): boolean => Object.values(state).every((count) => count === 0);

/** The next business instant at which this workspace has something to do by itself: a timer, or an effect that is held back. */
export async function nextDueAt(system: SystemDb, workspaceId: string): Promise<Date | null> {
  const [row] = await system.query<{ at: Date | null }>(
    `SELECT least((SELECT min(due_at) FROM kernel.timer WHERE workspace_id = $1 AND state = 'PENDING'),
                  (SELECT min(not_before) FROM kernel.effect WHERE workspace_id = $1 AND state = 'PENDING')) AS at`,
    [workspaceId],
  );
  return row?.at ?? null;
}
