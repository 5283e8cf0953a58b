import type { Pool } from 'pg';
import { OLDER_VERSION } from '../shapes/older-shape.ts';
import type { StoredEvent } from '../store/record-event.ts';

export interface DueDelivery {
  readonly id: string;
  readonly account: string;
  readonly attempts: number;
  readonly held: boolean;
  readonly url: string;
  readonly secret: string;
  readonly event: StoredEvent;
}

interface Row {
  id: string;
  account: string;
  connected: boolean;
  attempts: number;
  held: boolean;
  endpoint: { url: string };
  hidden: { secret: string };
  event: StoredEvent;
}

/**
 * What is due now and not yet on its way, leaving out accounts that have enough on their way (`busy`), in the order in which it should leave. Only one process sends for one database, so being on
 * the way is kept in memory: after a crash the same rows are simply due again.
 */
export async function dueDeliveries(
  pool: Pool,
  underway: readonly string[],
  busy: readonly string[],
  limit: number,
): Promise<DueDelivery[]> {
  const { rows } = await pool.query<Row>(
    `SELECT d.id, d.account, d.endpoint_account IS NOT NULL AS connected, d.attempts, d.held, o.body AS endpoint, o.hidden,
            CASE WHEN o.body ->> 'api_version' = $4 THEN coalesce(e.older, e.body) ELSE e.body END AS event
       FROM deliveries d
       JOIN events e ON e.id = d.event_id
       JOIN accounts a ON a.id = d.account
       JOIN objects o ON o.account = COALESCE(d.endpoint_account, d.account) AND o.livemode = d.livemode AND o.id = d.endpoint_id AND NOT o.deleted
      WHERE d.status = 'pending' AND d.next_at <= clock_timestamp() AND NOT d.id = ANY($1::bigint[]) AND NOT d.account = ANY($3::text[])
        AND COALESCE(a.delivery ->> 'pause', 'false') <> 'true' AND o.body ->> 'status' = 'enabled'
      ORDER BY d.next_at, d.rank, d.id LIMIT $2`,
    [underway, limit, busy, OLDER_VERSION],
  );
  return rows.map((row) => ({
    id: row.id,
    account: row.account,
    attempts: row.attempts,
    held: row.held,
    url: row.endpoint.url,
    secret: row.hidden.secret,
    // A platform is told which of its accounts it is.
    event: row.connected ? { ...row.event, account: row.account } : row.event,
  }));
}

/** Milliseconds until the next delivery that is not due yet; null when there is none. */
export async function nextDueInMs(pool: Pool): Promise<number | null> {
  const { rows } = await pool.query<{ wait: string | null }>(
    `SELECT extract(epoch FROM min(d.next_at) - clock_timestamp()) * 1000 AS wait FROM deliveries d JOIN accounts a ON a.id = d.account
      WHERE d.status = 'pending' AND d.next_at > clock_timestamp() AND COALESCE(a.delivery ->> 'pause', 'false') <> 'true'`,
  );
  const wait = rows[0]?.wait;
  return wait === null || wait === undefined ? null : Math.max(0, Number(wait));
}
