import { coalesce } from '../batching/coalesce.ts';
import type { UseCaseContext } from '../db/context.ts';
import type { ContextDeps } from '../db/use-case-context.ts';
import { isTransient } from '../errors/transient.ts';
import { inWorkspace } from '../db/workspace-scope.ts';
import { activeTraceParent } from '../tracing/trace-parent.ts';

export interface Delivery {
  readonly provider: string;
  readonly endpointId: string;
  readonly connectionId: string;
  /** The provider's id of the event; a body that can't be read gets a digest, so that its repeats are known too. */
  readonly providerEventId: string;
  readonly eventType: string | null;
  readonly eventCreatedAt: Date | null;
  readonly account: string;
  readonly livemode: boolean | null;
  readonly apiVersion: string | null;
  readonly objectId: string | null;
  /** Which of the endpoint's secrets verified the signature; null for what was asked for rather than delivered. */
  readonly secretId: string | null;
  readonly signedAt: Date;
  readonly body: Buffer;
  /** RECEIVED is applied later; IGNORED and DEAD are kept with a reason. */
  readonly state: 'RECEIVED' | 'IGNORED' | 'DEAD';
  readonly reason?: string;
}

export interface StoredDelivery {
  readonly inboxEventId: string;
  /** False for a repeat of a delivery that is kept already. */
  readonly first: boolean;
}

/** Keeps deliveries as they come in: durable when it answers. Deliveries that come at once share one commit. */
export interface InboxWriter {
  store(workspaceId: string, delivery: Delivery): Promise<StoredDelivery>;
}

/** 32 MB of bodies in one statement at the most; the largest delivery has 1.5 MB. */
const BATCH_BYTES = 32_000_000;

// A column of the batch is one array parameter, except for the bodies ($21), which lie end to end: as bytes they travel as they are, in an array they
// would be written in hexadecimal and read again. `n` counts the repeats within the batch, of which only one may be in the statement. Which
// deliveries are known is noted apart from them: they are partitioned by time, and a repeat may come in another month.
const INSERT = `
  WITH given AS (
    SELECT * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::text[], $11::boolean[], $12::text[],
                         $13::text[], $14::text[], $15::timestamptz[], $16::int[], $17::text[], $18::text[], $19::int[], $20::text[], $22::int[])
      AS d(id, provider, endpoint_id, connection_id, provider_event_id, event_type, event_created_at, account, livemode, api_version, object_id, secret_id,
           signed_at, bytes, state, reason, n, trace_parent, start)
  ), known AS (
    INSERT INTO kernel.inbox_key (workspace_id, endpoint_id, provider_event_id, inbox_event_id, deliveries)
    SELECT $1, endpoint_id, provider_event_id, id, n FROM given
    ON CONFLICT (workspace_id, endpoint_id, provider_event_id) DO UPDATE SET deliveries = kernel.inbox_key.deliveries + EXCLUDED.deliveries
    RETURNING inbox_event_id AS id, endpoint_id, provider_event_id
  ), kept AS (
    INSERT INTO kernel.inbox_event (workspace_id, id, provider, endpoint_id, connection_id, provider_event_id, event_type, event_created_at, account, livemode,
                                    api_version, object_id, secret_id, signed_at, body, state, reason, received_at, trace_parent)
    SELECT $1, d.id, provider, d.endpoint_id, connection_id, d.provider_event_id, event_type, event_created_at, account, livemode,
           api_version, object_id, secret_id, signed_at, substring($21::bytea FROM start FOR bytes), state, reason, $2, trace_parent
    FROM given d JOIN known USING (id)
  )
  SELECT id, endpoint_id, provider_event_id FROM known`;

/** With the trace of the request that brought it: deliveries of many requests are kept by one statement. */
interface Traced {
  readonly delivery: Delivery;
  readonly traceParent: string | null;
}

const traced = (delivery: Delivery): Traced => ({ delivery, traceParent: activeTraceParent() });

interface Keyed extends Traced {
  readonly id: string;
  n: number;
}

const keyOf = (endpointId: string, providerEventId: string): string => `${endpointId} ${providerEventId}`;

/** The values of the statement, and how to read its answer. */
function insertion(
  workspaceId: string,
  deliveries: readonly Traced[],
  deps: Pick<ContextDeps, 'ids' | 'wall'>,
): {
  readonly values: unknown[];
  read(rows: readonly { id: string; endpoint_id: string; provider_event_id: string }[]): StoredDelivery[];
} {
  const distinct = new Map<string, Keyed>();
  const firsts = deliveries.map(({ delivery, traceParent }) => {
    const key = keyOf(delivery.endpointId, delivery.providerEventId);
    const known = distinct.get(key);
    if (known) known.n += 1;
    else distinct.set(key, { id: deps.ids.next('inb'), delivery, traceParent, n: 1 });
    return known === undefined;
  });
  const rows = [...distinct.values()];
  const of = (value: (delivery: Delivery) => unknown): unknown[] => rows.map(({ delivery }) => value(delivery) ?? null);
  const bodies = rows.map(({ delivery }) => delivery.body);
  const lengths = bodies.map((body) => body.length);
  let next = 1;
  const starts = lengths.map((length) => (next += length) - length);
  return {
    values: [
      workspaceId,
      deps.wall.now(),
      rows.map(({ id }) => id),
      of(({ provider }) => provider),
      of(({ endpointId }) => endpointId),
      of(({ connectionId }) => connectionId),
      of(({ providerEventId }) => providerEventId),
      of(({ eventType }) => eventType),
      of(({ eventCreatedAt }) => eventCreatedAt),
      of(({ account }) => account),
      of(({ livemode }) => livemode),
      of(({ apiVersion }) => apiVersion),
      of(({ objectId }) => objectId),
      of(({ secretId }) => secretId),
      of(({ signedAt }) => signedAt),
      lengths,
      of(({ state }) => state),
      of(({ reason }) => reason),
      rows.map(({ n }) => n),
      rows.map(({ traceParent }) => traceParent),
      Buffer.concat(bodies),
      starts,
    ],
    read: (answers) => {
      const ids = new Map(
        answers.map(({ id, endpoint_id, provider_event_id }) => [keyOf(endpoint_id, provider_event_id), id]),
      );
      return deliveries.map(({ delivery: { endpointId, providerEventId } }, index) => {
        const key = keyOf(endpointId, providerEventId);
        const inboxEventId = ids.get(key) ?? '';
        return { inboxEventId, first: firsts[index] === true && distinct.get(key)?.id === inboxEventId };
      });
    },
  };
}

type WriterDeps = Pick<ContextDeps, 'database' | 'ids' | 'wall' | 'wake' | 'log'>;

/** For the doors where providers post to. @throws what the database throws; nothing is kept then. */
export function createInboxWriter(deps: WriterDeps): InboxWriter {
  const writers = new Map<string, (delivery: Traced) => Promise<StoredDelivery>>();
  return {
    store: (workspaceId, delivery) => {
      let write = writers.get(workspaceId);
      if (!write) {
        write = writerOf(deps, workspaceId);
        writers.set(workspaceId, write);
      }
      return write(traced(delivery));
    },
  };
}

function writerOf(deps: WriterDeps, workspaceId: string): (delivery: Traced) => Promise<StoredDelivery> {
  return coalesce(
    async (deliveries: readonly Traced[]) => {
      const { values, ...answer } = insertion(workspaceId, deliveries, deps);
      const stored = answer.read(
        await inWorkspace(workspaceId, () => deps.database.query<InsertedRow>(INSERT, values)),
      );
      // Not waited for: they are kept.
      if (stored.some(({ first }, index) => first && deliveries[index]?.delivery.state === 'RECEIVED'))
        deps.wake('inbox', workspaceId).catch((error: unknown) => {
          deps.log.warn({ err: error, lane: 'inbox' }, 'could not wake a lane; the sweeper will');
        });
      return stored;
    },
    // One commit at a time: those that come meanwhile wait for it, and then share the next.
    {
      concurrency: 1,
      weight: { of: ({ delivery }) => delivery.body.length, most: BATCH_BYTES },
      oneBad: (error) => !isTransient(error),
    },
  );
}

interface InsertedRow {
  readonly id: string;
  readonly endpoint_id: string;
  readonly provider_event_id: string;
}

/**
 * Keeps a delivery as part of a verb, once per endpoint and event however often it is sent, and counts the repeats.
 * @returns the row's id and whether it is the first.
 */
export async function storeInboxEvent(ctx: UseCaseContext, delivery: Delivery): Promise<StoredDelivery> {
  return ctx.transaction(async (tx) => {
    const { values, ...answer } = insertion(ctx.workspaceId, [traced(delivery)], ctx);
    const [stored] = answer.read(await tx.db.$queryRawUnsafe<InsertedRow[]>(INSERT, ...values));
    if (!stored) throw new Error('A delivery was neither inserted nor found');
    if (stored.first) tx.changed(stored.inboxEventId);
    if (stored.first && delivery.state === 'RECEIVED') tx.wake('inbox');
    return stored;
  });
}
