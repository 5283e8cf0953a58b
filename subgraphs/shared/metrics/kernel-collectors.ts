import type { SystemDb } from '../db/system.ts';
import type { JobQueue } from '../jobs/define.ts';
import type { Clock } from '../time/clock.ts';
import type { LANES } from './catalogue.ts';
import type { Collector, SetGauge } from './metrics.ts';

/** Counting stops here: past it, how much more it is tells nobody anything, and a scrape must stay cheap when there is most to count. */
const COUNTED = 100_000;

interface LaneFigures {
  readonly depth: string;
  readonly age: number | null;
}

/**
 * What is due per lane, by the same conditions as the lanes' own. Timers, and effects that are held back, are due in business time; how
 * long one has waited is wall time all the same: in a workspace whose clock was moved it counts from that move.
 */
const DUE = {
  dispatch: `SELECT e.recorded_at AS since FROM kernel.event_outbox o JOIN kernel.event e ON e.workspace_id = o.workspace_id AND e.id = o.event_id
     ORDER BY o.ordinal`,
  inbox: `SELECT received_at AS since FROM kernel.inbox_event
     WHERE state IN ('RECEIVED', 'FAILED') AND (next_attempt_at IS NULL OR next_attempt_at <= $1)`,
  consume: `SELECT s.numbered_at AS since FROM kernel.consumption c JOIN kernel.stream s ON s.workspace_id = c.workspace_id AND s.seq = c.seq
     WHERE c.state = 'PENDING' AND (c.next_attempt_at IS NULL OR c.next_attempt_at <= $1)`,
  timers: `SELECT CASE WHEN c.test_now IS NULL THEN t.due_at ELSE coalesce(c.moved_at, $1) END AS since
     FROM kernel.timer t JOIN kernel.workspace_clock c USING (workspace_id)
     WHERE t.state = 'PENDING' AND t.due_at <= coalesce(c.test_now, $1) AND (t.next_attempt_at IS NULL OR t.next_attempt_at <= $1)`,
  effects: `SELECT CASE WHEN e.not_before IS NULL THEN e.requested_at
                WHEN c.test_now IS NULL THEN greatest(e.requested_at, e.not_before)
                ELSE greatest(e.requested_at, c.moved_at) END AS since
     FROM kernel.effect e JOIN kernel.workspace_clock c USING (workspace_id)
     WHERE (e.state IN ('PENDING', 'UNKNOWN') OR (e.state = 'CLAIMED' AND e.lease_until <= $1))
       AND (e.next_attempt_at IS NULL OR e.next_attempt_at <= $1) AND (e.not_before IS NULL OR e.not_before <= coalesce(c.test_now, $1))`,
  jobs: dueJobs('jobs'),
  clocks: dueJobs('clocks'),
} as const;

function dueJobs(queue: JobQueue): string {
  return `SELECT created_at AS since FROM kernel.job
     WHERE (state = 'QUEUED' OR (state = 'RUNNING' AND lease_until <= $1)) AND (next_attempt_at IS NULL OR next_attempt_at <= $1) AND queue = '${queue}'`;
}

/** What is due in the lanes of domains: a query each that answers `since`, with the instant as $1. */
export type DueInDomains = Readonly<Record<Exclude<(typeof LANES)[number], keyof typeof DUE>, string>>;

const GIVEN_UP = {
  inbox: `SELECT FROM kernel.inbox_event WHERE state = 'DEAD'`,
  unrouted: `SELECT FROM kernel.unrouted_delivery WHERE state = 'DEAD'`,
  consume: `SELECT FROM kernel.consumption WHERE state = 'DEAD'`,
  timers: `SELECT FROM kernel.timer WHERE state = 'DEAD'`,
  effects: `SELECT FROM kernel.effect WHERE state = 'FAILED'`,
} as const;

const namesOf = <N extends string>(queries: Readonly<Record<N, string>>): N[] => Object.keys(queries) as N[];

/** What waits, since when, and what was given up: read with the system role, over all workspaces, by partial indexes. */
export function queueCollector(system: SystemDb, wall: Clock, domains: DueInDomains): Collector {
  return {
    name: 'queues',
    gauges: ['queue_depth', 'oldest_job_age', 'effects_open', 'dead_letters', 'dispatcher_last_position'],
    read: async (set) => {
      await readLanes(system, wall, set, { ...DUE, ...domains });
      await readDeadLetters(system, set);
      await readOpenEffects(system, set);
      const [stream] = await system.query<{ position: string | null }>(
        'SELECT max(position)::text AS position FROM kernel.stream',
      );
      set('dispatcher_last_position', {}, Number(stream?.position ?? 0));
    },
  };
}

async function readLanes(
  system: SystemDb,
  wall: Clock,
  set: SetGauge,
  due: Readonly<Record<(typeof LANES)[number], string>>,
): Promise<void> {
  const now = wall.now();
  for (const lane of namesOf(due)) {
    // Every lane's query has the same parameter, whether or not it asks for it.
    const [row] = await system.query<LaneFigures>(
      `SELECT count(*) AS depth, extract(epoch FROM $1::timestamptz - min(since))::float8 AS age FROM (${due[lane]} LIMIT ${String(COUNTED)}) due`,
      [now],
    );
    set('queue_depth', { lane }, Number(row?.depth ?? 0));
    set('oldest_job_age', { lane }, Math.max(0, row?.age ?? 0));
  }
}

async function readDeadLetters(system: SystemDb, set: SetGauge): Promise<void> {
  const columns = namesOf(GIVEN_UP).map(
    (source) => `(SELECT count(*) FROM (${GIVEN_UP[source]} LIMIT ${String(COUNTED)}) x) AS ${source}`,
  );
  const [row] = await system.query<Record<keyof typeof GIVEN_UP, string>>(`SELECT ${columns.join(', ')}`);
  for (const source of namesOf(GIVEN_UP)) set('dead_letters', { source }, Number(row?.[source] ?? 0));
}

async function readOpenEffects(system: SystemDb, set: SetGauge): Promise<void> {
  const rows = await system.query<{ state: string; effects: string }>(
    `SELECT state, count(*) AS effects FROM (SELECT state FROM kernel.effect WHERE state IN ('PENDING', 'CLAIMED', 'UNKNOWN') LIMIT ${String(COUNTED)}) e GROUP BY state`,
  );
  for (const state of ['pending', 'claimed', 'unknown'] as const)
    set('effects_open', { state }, Number(rows.find((row) => row.state.toLowerCase() === state)?.effects ?? 0));
}

/** A pool of pg, as far as it can be looked at. */
export interface PoolFigures {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly options: { readonly max: number };
}

export function poolCollector(pools: Readonly<Record<'app' | 'system', PoolFigures>>): Collector {
  return {
    name: 'pools',
    gauges: ['db_connection_pool_size', 'db_connection_pool_max', 'db_connections_in_use', 'db_connections_waiting'],
    read: (set) => {
      for (const pool of ['app', 'system'] as const) {
        const { totalCount, idleCount, waitingCount, options } = pools[pool];
        set('db_connection_pool_size', { pool }, totalCount);
        set('db_connection_pool_max', { pool }, options.max);
        set('db_connections_in_use', { pool }, totalCount - idleCount);
        set('db_connections_waiting', { pool }, waitingCount);
      }
    },
  };
}
