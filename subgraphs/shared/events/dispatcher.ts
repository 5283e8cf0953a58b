import type pg from 'pg';
import type { Bus } from '../bus/bus.ts';
import type { SystemDb } from '../db/system.ts';
import type { Wake } from '../db/use-case-context.ts';
import type { Logger } from '../logging/logger.ts';
import { crashpoint } from '../testing/crashpoint.ts';
import type { Clock } from '../time/clock.ts';
import type { EventConsumer } from './consume.ts';

/** Session lock of the one dispatcher: 'OPPU' as a number. */
const DISPATCHER_LOCK = 0x4f505055;
const BATCH = 500;

export interface DispatcherDeps {
  readonly system: SystemDb;
  readonly consumers: readonly EventConsumer[];
  readonly bus: Bus;
  readonly wake: Wake;
  readonly wall: Clock;
  readonly log: Logger;
  /** How often it looks even when nobody called, and asks for the lock when another holds it. */
  readonly pollMs?: number;
  /** Told when this process begins and ceases to be the one that numbers. */
  readonly onLeading?: (leading: boolean) => void;
  /** Told how many events were numbered, after their commit. */
  readonly onNumbered?: (events: number) => void;
}

export interface Dispatcher {
  close(): Promise<void>;
}

/** Topic on which readers of a workspace's stream are told its newest number. */
export const streamTopic = (workspaceId: string): string => `stream.${workspaceId}`;

/**
 * Numbers committed events and hands them on. Numbers are given after the commit, by one holder of a session lock on the connection that
 * writes them, so a slow writer's event is numbered late instead of being passed over.
 */
export function startDispatcher(deps: DispatcherDeps): Dispatcher {
  const pollMs = deps.pollMs ?? 500;
  let closing = false;
  const serving = (): boolean => !closing;
  let nudge: () => void = () => undefined;
  const rest = (): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, pollMs);
      nudge = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function lead(client: pg.Client): Promise<void> {
    // A flag besides the nudge: a call that comes while a batch is being numbered must not be slept through.
    let called = true;
    client.on('notification', () => {
      called = true;
      nudge();
    });
    await client.query('LISTEN oppulence_outbox');
    while (serving()) {
      if (!called) await rest();
      called = false;
      while (serving() && (await numberBatch(client, deps)) === BATCH);
    }
  }

  async function run(): Promise<void> {
    while (serving()) {
      let client: pg.Client | undefined;
      try {
        client = await deps.system.dedicated();
        client.on('end', () => {
          nudge();
        });
        const lock = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [
          DISPATCHER_LOCK,
        ]);
        if (lock.rows[0]?.held === true) {
          deps.onLeading?.(true);
          await lead(client);
        }
      } catch (error) {
        if (serving()) deps.log.warn({ err: error }, 'dispatcher lost its connection; trying again');
      }
      deps.onLeading?.(false);
      await client?.end().catch(() => undefined);
      if (serving()) await rest();
    }
  }

  const done = run();
  return {
    close: async () => {
      closing = true;
      nudge();
      await done;
    },
  };
}

/** What became of a workspace's events in one batch. */
interface Numbered {
  readonly workspace_id: string;
  /** The newest number. */
  readonly seq: string;
  readonly taken: string;
  /** Whether any of them is of interest to a consumer. */
  readonly consumed: boolean;
}

/** One transaction: take committed events from the outbox, number them, note who consumes them. @returns how many were taken. */
export async function numberBatch(
  client: Pick<pg.ClientBase, 'query'>,
  deps: Omit<DispatcherDeps, 'pollMs'>,
): Promise<number> {
  const interests = deps.consumers.flatMap((consumer) =>
    Object.keys(consumer.handlers).map((type) => ({ consumer: consumer.name, type })),
  );
  const numbered = await client.query<Numbered>({
    name: 'number-batch',
    text: `WITH taken AS (
       DELETE FROM kernel.event_outbox WHERE (workspace_id, event_id) IN (SELECT workspace_id, event_id FROM kernel.event_outbox ORDER BY ordinal LIMIT $1)
       RETURNING workspace_id, event_id, ordinal
     ), heads AS (
       INSERT INTO kernel.stream_head (workspace_id, seq) SELECT workspace_id, count(*) FROM taken GROUP BY workspace_id
       ON CONFLICT (workspace_id) DO UPDATE SET seq = kernel.stream_head.seq + EXCLUDED.seq
       RETURNING workspace_id, seq
     ), numbered AS (
       INSERT INTO kernel.stream (workspace_id, seq, position, event_id, numbered_at)
       SELECT t.workspace_id, h.seq - count(*) OVER (PARTITION BY t.workspace_id) + row_number() OVER (PARTITION BY t.workspace_id ORDER BY t.ordinal),
              (SELECT coalesce(max(position), 0) FROM kernel.stream) + row_number() OVER (ORDER BY t.ordinal), t.event_id, $2
       FROM taken t JOIN heads h USING (workspace_id)
       RETURNING workspace_id, seq, event_id
     ), consumptions AS (
       INSERT INTO kernel.consumption (workspace_id, consumer, seq, event_id, subject_id, state)
       SELECT n.workspace_id, i.consumer, n.seq, n.event_id, e.subject_id, 'PENDING'
       FROM numbered n JOIN kernel.event e ON e.workspace_id = n.workspace_id AND e.id = n.event_id
       JOIN jsonb_to_recordset($3::jsonb) AS i(consumer text, type text) ON i.type = e.type
       RETURNING workspace_id
     )
     SELECT workspace_id, max(seq) AS seq, count(*) AS taken, workspace_id IN (SELECT workspace_id FROM consumptions) AS consumed
     FROM numbered GROUP BY workspace_id`,
    values: [BATCH, deps.wall.now(), JSON.stringify(interests)],
  });
  if (numbered.rows.length === 0) return 0;
  const taken = numbered.rows.reduce((sum, row) => sum + Number(row.taken), 0);
  deps.onNumbered?.(taken);
  crashpoint('dispatcher.after-number');
  await handOn(deps, numbered.rows);
  return taken;
}

/** Wake-ups only: consumers, live readers and the shipper find the rows themselves when a wake-up is lost. */
async function handOn(deps: Omit<DispatcherDeps, 'pollMs'>, numbered: readonly Numbered[]): Promise<void> {
  // All at once: one workspace after the other, the last of a batch would wait for as many round trips as there are others.
  const handed = await Promise.allSettled([
    ...numbered.flatMap(({ workspace_id: workspaceId, seq, consumed }) => [
      deps.bus.publish(streamTopic(workspaceId), { seq }),
      ...(consumed ? [deps.wake('consume', workspaceId)] : []),
    ]),
    deps.wake('ship', 'all'),
  ]);
  for (const outcome of handed)
    if (outcome.status === 'rejected')
      deps.log.warn({ err: outcome.reason as unknown }, 'could not hand on; readers and the sweeper will look');
}
