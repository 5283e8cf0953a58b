/** An event and its deliveries are rows of the transaction that made the change: none is sent that did not happen, none is lost that did. */
import { inOlderShape, OLDER_VERSION } from '../shapes/older-shape.ts';
import { previousAttributes, stateBefore } from './previous-attributes.ts';
import type { UnitOfWork } from './unit-of-work.ts';

export const API_VERSION = '2026-10-28.endive';

export interface NewEvent {
  readonly id: string;
  readonly type: string;
  readonly object: object;
  /** Unix seconds, simulated when the object hangs on a test clock. */
  readonly at: number;
  readonly previous?: Record<string, unknown>;
  /** For this platform's endpoints alone, because it is about its access. */
  readonly toPlatform?: string;
}
export interface StoredEvent {
  id: string;
  object: 'event';
  api_version: string;
  created: number;
  data: { object: object; previous_attributes?: Record<string, unknown> };
  livemode: boolean;
  pending_webhooks: number;
  request: { id: string | null; idempotency_key: string | null };
  type: string;
  /** Only on the way to a platform. */
  account?: string;
}
/** How an account wants its deliveries disturbed; all off by default. */
export interface DeliverySettings {
  /** Each event is sent this many more times. */
  duplicates?: number | undefined;
  /** Deliveries wait for a window to close and then leave one by one, last first. */
  reorder?: boolean | undefined;
  /** Length of that window, or a plain delay without `reorder`; milliseconds. */
  holdMs?: number | undefined;
  /** Nothing leaves until this is false again. */
  pause?: boolean | undefined;
}
const DEFAULT_WINDOW_MS = 400;

interface EndpointRow {
  id: string;
  api_version: string | null;
  status: string;
  enabled_events: string[];
}

/** An endpoint, and whose it is: the account's own, or a platform's that the account is connected to. */
interface Receiver {
  readonly owner: string | null;
  readonly endpoint: EndpointRow;
}

export async function recordEvent(work: UnitOfWork, event: NewEvent): Promise<void> {
  const { account, livemode } = work.scope;
  const receivers =
    event.toPlatform === undefined ? await receiversOf(work) : await endpointsOf(work, event.toPlatform);
  const endpoints = receivers.filter(({ endpoint }) => wants(endpoint, event.type));
  const body: StoredEvent = {
    id: event.id,
    object: 'event',
    api_version: API_VERSION,
    created: event.at,
    data: { object: event.object, ...(event.previous ? { previous_attributes: event.previous } : {}) },
    livemode,
    pending_webhooks: endpoints.length,
    request: { ...work.cause },
    type: event.type,
  };
  const wantsOlder = endpoints.some(({ endpoint }) => endpoint.api_version === OLDER_VERSION);
  const older = wantsOlder ? await inOlderVersion(work, body) : null;
  const { rows } = await work.client.query<{ seq: string }>(
    'INSERT INTO events (account, livemode, id, type, created, body, older) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING seq',
    [account, livemode, event.id, event.type, event.at, JSON.stringify(body), older && JSON.stringify(older)],
  );
  if (endpoints.length > 0) await schedule(work, event.id, Number(rows[0]?.seq ?? 0), endpoints);
}

/** What an event says is as old as the endpoint wants it, what was before too. */
async function inOlderVersion(work: UnitOfWork, event: StoredEvent): Promise<StoredEvent> {
  const { object: after, previous_attributes: previous } = event.data;
  const object = await inOlderShape(work, after);
  if (previous === undefined) return { ...event, api_version: OLDER_VERSION, data: { object } };
  const before = await inOlderShape(work, stateBefore(after, previous));
  const data = { object, previous_attributes: previousAttributes(before, object) };
  return { ...event, api_version: OLDER_VERSION, data };
}

async function schedule(work: UnitOfWork, eventId: string, seq: number, receivers: readonly Receiver[]): Promise<void> {
  const { account, livemode } = work.scope;
  const { rows } = await work.client.query<{ delivery: DeliverySettings }>(
    'SELECT delivery FROM accounts WHERE id = $1',
    [account],
  );
  const delivery = rows[0]?.delivery ?? {};
  const reorder = delivery.reorder === true;
  const holdMs = delivery.holdMs ?? (reorder ? DEFAULT_WINDOW_MS : 0);
  for (const { owner, endpoint } of receivers) {
    for (let copy = 0; copy <= (delivery.duplicates ?? 0); copy++) {
      // a reordered delivery joins the window that is open, so that what happened together is shuffled together
      await work.client.query(
        `INSERT INTO deliveries (account, livemode, event_id, endpoint_id, endpoint_account, copy, held, rank, next_at) VALUES ($1, $2, $3, $4, $9, $5, $6, $7,
           COALESCE((SELECT max(next_at) FROM deliveries WHERE $6 AND account = $1 AND held AND status = 'pending' AND next_at > clock_timestamp()),
                    clock_timestamp() + $8 * interval '1 millisecond'))`,
        [account, livemode, eventId, endpoint.id, copy, reorder, reorder ? -seq : seq, holdMs, owner],
      );
    }
  }
}

async function receiversOf(work: UnitOfWork): Promise<Receiver[]> {
  const { account, livemode } = work.scope;
  const { rows } = await work.client.query<{ platform: string }>(
    'SELECT platform FROM connections WHERE account = $1 AND livemode = $2 ORDER BY platform',
    [account, livemode],
  );
  const receivers = await endpointsOf(work, null);
  for (const { platform } of rows) receivers.push(...(await endpointsOf(work, platform)));
  return receivers;
}

/** The account's own endpoints for its own events; or a platform's for those of the accounts connected to it. */
async function endpointsOf(work: UnitOfWork, owner: string | null): Promise<Receiver[]> {
  const { rows } = await work.client.query<{ body: EndpointRow }>(
    `SELECT body FROM objects WHERE account = $1 AND livemode = $2 AND kind = 'webhook_endpoint' AND NOT deleted
       AND COALESCE(hidden ->> 'connect', 'false') = $3 ORDER BY seq`,
    [owner ?? work.scope.account, work.scope.livemode, String(owner !== null)],
  );
  return rows.map(({ body: endpoint }) => ({ owner, endpoint }));
}

function wants(endpoint: EndpointRow, type: string): boolean {
  return (
    endpoint.status === 'enabled' && (endpoint.enabled_events.includes('*') || endpoint.enabled_events.includes(type))
  );
}
