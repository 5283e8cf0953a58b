import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Drained } from './contestant.ts';

/** As the index of what waits says it: asked twenty times a second, it must not read what was applied. */
const NOT_APPLIED = `SELECT FROM kernel.inbox_event WHERE workspace_id = $1 AND state IN ('RECEIVED', 'FAILED')`;
/** What follows from applying: what could not be ordered is read from Stripe, and what was announced is handed on. */
const UNFINISHED = [
  `SELECT FROM kernel.job WHERE workspace_id = $1 AND finished_at IS NULL`,
  `SELECT FROM kernel.event_outbox WHERE workspace_id = $1`,
  `SELECT FROM kernel.consumption WHERE workspace_id = $1 AND state = 'PENDING'`,
  `SELECT FROM kernel.effect WHERE workspace_id = $1 AND finished_at IS NULL AND coalesce(not_before, requested_at) <= now()`,
  `SELECT FROM billing.refetch_request WHERE workspace_id = $1`,
];

/** Waits until every delivery is applied, then until all that follows from them is done. */
export async function untilDrained(admin: pg.Pool, workspaceId: string, withinMs: number): Promise<Drained> {
  const deadline = Date.now() + withinMs;
  const none = async (sql: string): Promise<boolean> => {
    for (;;) {
      const { rowCount } = await admin.query(`${sql} LIMIT 1`, [workspaceId]);
      if (rowCount === 0) return true;
      if (Date.now() > deadline) return false;
      await sleep(50);
    }
  };
  const applied = await none(NOT_APPLIED);
  const at = Date.now();
  let settled = applied;
  for (const sql of UNFINISHED) settled &&= await none(sql);
  const states = await admin.query<{ state: string; count: number }>(
    'SELECT state, count(*)::int FROM kernel.inbox_event WHERE workspace_id = $1 GROUP BY 1 ORDER BY 1',
    [workspaceId],
  );
  const reasons = await admin.query<{ reason: string; count: number }>(
    'SELECT left(reason, 120) AS reason, count(*)::int FROM kernel.inbox_event WHERE workspace_id = $1 AND reason IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 8',
    [workspaceId],
  );
  return {
    at,
    states: Object.fromEntries(states.rows.map(({ state, count }) => [state, count])),
    reasons: Object.fromEntries(reasons.rows.map(({ reason, count }) => [reason, count])),
    complete: settled,
  };
}
