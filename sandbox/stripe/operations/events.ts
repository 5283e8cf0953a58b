import { z } from 'zod';
import { invalid, StripeError } from '../http/errors.ts';
import { operation, type Operation } from '../http/operation.ts';
import { createdBounds, paging, readPage } from '../http/paginate.ts';
import { flag, list, range, text } from '../http/parameters.ts';
import type { StoredEvent } from '../store/record-event.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

const shape = z.strictObject({
  ...paging,
  type: text.optional(),
  types: list(text).optional(),
  created: range.optional(),
  delivery_success: flag.optional(),
});
type Input = z.output<typeof shape>;
const MOST_TYPES = 20;

async function listEvents(work: UnitOfWork, input: Input): Promise<object> {
  if (input.type !== undefined && input.types !== undefined)
    throw invalid('You may only specify one of these parameters: type, types.', { param: 'types' });
  if ((input.types?.length ?? 0) > MOST_TYPES)
    throw invalid(`Array types exceeded maximum ${String(MOST_TYPES)} allowed elements.`, { param: 'types' });
  const values: unknown[] = [work.scope.account, work.scope.livemode];
  let from = 'events WHERE account = $1 AND livemode = $2';
  const wanted = input.type === undefined ? input.types : [input.type];
  if (wanted !== undefined) {
    values.push(wanted.map(pattern));
    from += ` AND type LIKE ANY($${String(values.length)})`;
  }
  from += createdBounds(input.created, values);
  // one failed or waiting copy is enough to count as not delivered
  const missing = `EXISTS (SELECT 1 FROM deliveries WHERE deliveries.event_id = events.id AND deliveries.copy = 0 AND deliveries.status IN ('pending', 'failed'))`;
  if (input.delivery_success !== undefined) from += ` AND ${input.delivery_success ? 'NOT ' : ''}${missing}`;
  const page = await readPage<StoredEvent>(work, '/v1/events', { from, values }, input);
  return { ...page, data: await withPending(work, page.data) };
}

/** `invoice.*` is allowed. */
const pattern = (type: string): string => type.replaceAll(/[%_\\]/g, '\\$&').replaceAll('*', '%');

async function retrieve(work: UnitOfWork, id: string): Promise<object> {
  const { rows } = await work.client.query<{ body: StoredEvent }>(
    'SELECT body FROM events WHERE account = $1 AND livemode = $2 AND id = $3',
    [work.scope.account, work.scope.livemode, id],
  );
  const [event] = await withPending(
    work,
    rows.map((row) => row.body),
  );
  if (!event)
    throw new StripeError(
      404,
      { type: 'invalid_request_error', code: 'resource_missing', message: `No such event: '${id}'`, param: 'id' },
      { validation: true },
    );
  return event;
}

/** How many endpoints still wait for it. */
async function withPending(work: UnitOfWork, events: readonly StoredEvent[]): Promise<StoredEvent[]> {
  const { rows } = await work.client.query<{ event_id: string; waiting: string }>(
    `SELECT event_id, count(DISTINCT endpoint_id) AS waiting FROM deliveries WHERE event_id = ANY($1) AND copy = 0 AND status = 'pending' GROUP BY event_id`,
    [events.map((event) => event.id)],
  );
  const waiting = new Map(rows.map((row) => [row.event_id, Number(row.waiting)]));
  return events.map((event) => ({ ...event, pending_webhooks: waiting.get(event.id) ?? 0 }));
}

export const events: readonly Operation[] = [
  operation('GET', '/v1/events', shape, listEvents),
  operation('GET', '/v1/events/:id', z.strictObject({}), (work, _input, id) => retrieve(work, id)),
];
