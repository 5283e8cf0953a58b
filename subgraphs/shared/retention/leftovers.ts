import type { SystemDb } from '../db/system.ts';
import { firstId } from '../ids/ids.ts';
import { readPartitions } from './partitions.ts';

const CHUNK = 5_000;

/** Events older than `before` that somebody still has to see: not consumed yet, or given up and waiting for a person. */
export async function eventsStillNeeded(system: SystemDb, before: Date): Promise<readonly string[]> {
  const rows = await system.query<{ id: string }>(
    `SELECT DISTINCT event_id AS id FROM kernel.consumption WHERE state = 'PENDING' AND event_id COLLATE "C" < $1
     UNION SELECT event_id FROM kernel.consumption WHERE state = 'DEAD' AND event_id COLLATE "C" < $1`,
    [firstId('evt', before)],
  );
  return rows.map(({ id }) => id);
}

/** Whether events older than `before` are not numbered yet, or stand past the position up to which the log was copied. */
export async function hasUncopiedEvents(system: SystemDb, before: Date, copiedUpTo: bigint): Promise<boolean> {
  const [row] = await system.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM kernel.event_outbox WHERE event_id COLLATE "C" < $1)
         OR EXISTS (SELECT FROM kernel.stream WHERE position > $2 AND event_id COLLATE "C" < $1) AS found`,
    [firstId('evt', before), copiedUpTo.toString()],
  );
  return row?.found === true;
}

/**
 * Takes out the numbers, and the notes of consumers, of events that were dropped. The newest number stays whatever it numbers: the next one
 * is counted from it.
 * @returns how many numbers.
 */
export async function forgetNumbers(system: SystemDb): Promise<number> {
  const dropped = (await readPartitions(system)).find(({ name }) => name === 'event_kept')?.upperId;
  if (dropped === undefined) return 0;
  const consumers = await system.query<{ consumer: string }>('SELECT DISTINCT consumer FROM kernel.consumption');
  let [forgotten, after] = [0, '0'];
  for (;;) {
    const [chunk] = await system.query<{ last: string | null; orphans: string }>(
      `WITH chunk AS (
         SELECT workspace_id, seq, position, event_id FROM kernel.stream
         WHERE position > $1 AND position < (SELECT max(position) FROM kernel.stream) ORDER BY position LIMIT ${String(CHUNK)}
       ), orphans AS (
         SELECT c.* FROM chunk c WHERE c.event_id COLLATE "C" < $2
           AND NOT EXISTS (SELECT FROM kernel.event e WHERE e.workspace_id = c.workspace_id AND e.id = c.event_id AND e.id < $2)
       ), notes AS (
         DELETE FROM kernel.consumption n USING orphans o
         WHERE n.workspace_id = o.workspace_id AND n.consumer = ANY($3) AND n.event_id = o.event_id
       ), numbers AS (
         DELETE FROM kernel.stream s USING orphans o WHERE s.workspace_id = o.workspace_id AND s.seq = o.seq
       )
       SELECT (SELECT max(position) FROM chunk WHERE event_id COLLATE "C" < $2)::text AS last, (SELECT count(*) FROM orphans)::text AS orphans`,
      [after, dropped, consumers.map(({ consumer }) => consumer)],
    );
    if (chunk === undefined || chunk.last === null) return forgotten;
    after = chunk.last;
    forgotten += Number(chunk.orphans);
  }
}

/** What belongs to no workspace is kept as long as what was applied, whatever it is: nobody can say of it that it is done. @returns how many. */
export const forgetUnrouted = (system: SystemDb, before: Date): Promise<number> =>
  inChunks(() =>
    system.query(
      `DELETE FROM kernel.unrouted_delivery WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM kernel.unrouted_delivery WHERE received_at < $1 LIMIT ${String(CHUNK)})) RETURNING 1`,
      [before],
    ),
  );

/** Idempotency keys that count no more: one that is used again would be a first use. @returns how many. */
export const forgetIdempotencyKeys = (system: SystemDb, now: Date): Promise<number> =>
  inChunks(() =>
    system.query(
      `DELETE FROM kernel.idempotency_key WHERE expires_at <= $1 AND (workspace_id, key) IN (
         SELECT workspace_id, key FROM kernel.idempotency_key WHERE expires_at <= $1 LIMIT ${String(CHUNK)}) RETURNING 1`,
      [now],
    ),
  );

/** Timers that are over, set and fired before `before` (wall time, whatever their business time was); dead ones wait for somebody. @returns how many. */
export const forgetTimers = (system: SystemDb, before: Date): Promise<number> =>
  inChunks(() =>
    system.query(
      `DELETE FROM kernel.timer WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM kernel.timer
         WHERE state IN ('FIRED', 'CANCELED') AND id COLLATE "C" < $1 AND (fired_at IS NULL OR fired_at < $2) LIMIT ${String(CHUNK)})) RETURNING 1`,
      [firstId('tmr', before), before],
    ),
  );

async function inChunks(deleteChunk: () => Promise<readonly unknown[]>): Promise<number> {
  for (let deleted = 0; ;) {
    const { length } = await deleteChunk();
    deleted += length;
    if (length < CHUNK) return deleted;
  }
}

/** Forgets deliveries first made before `before`, whose bodies are gone: sent once more, they would count as new. @returns how many. */
export const forgetDeliveries = (system: SystemDb, before: Date): Promise<number> =>
  inChunks(() =>
    system.query(
      `DELETE FROM kernel.inbox_key WHERE ctid = ANY (ARRAY(
         SELECT k.ctid FROM kernel.inbox_key k WHERE k.inbox_event_id < $1
           AND NOT EXISTS (SELECT FROM kernel.inbox_event e WHERE e.workspace_id = k.workspace_id AND e.id = k.inbox_event_id AND e.id < $1)
         LIMIT ${String(CHUNK)})) RETURNING 1`,
      [firstId('inb', before)],
    ),
  );
