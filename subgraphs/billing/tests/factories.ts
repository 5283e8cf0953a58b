import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { createAccountsPorts } from '#subgraphs/accounts/index.ts';
import { type InboxWriter, storeInboxEvent } from '#subgraphs/shared/inbox/store.ts';
import type { Harness } from '#subgraphs/shared/testing/harness.ts';
import { permutations } from './fold.ts';
import { type BillingSubgraph, createBillingSubgraph, type CredentialsPort } from '../index.ts';

export const CONNECTION = 'conn_00000000000000000001';
export const ACCOUNT = 'acct_test';

/** One active connection with this key; without a key, one whose key is gone. */
export function credentialsOf(apiKey: string | null, account = ACCOUNT, livemode = false): CredentialsPort {
  return {
    stripe: () =>
      Promise.resolve(
        apiKey === null ? null : { apiKey, account, livemode, endpointId: 'whe_1', throughPlatform: false },
      ),
    stripeConnections: () => Promise.resolve(apiKey === null ? [] : [{ connectionId: CONNECTION, account, livemode }]),
  };
}

/** Billing without a Stripe to ask. */
export const offlineBilling = (): BillingSubgraph =>
  createBillingSubgraph({
    stripeApiBase: 'http://127.0.0.1:9',
    credentials: credentialsOf(null),
    runs: syncRuns,
    inbox: NO_INBOX,
  });

/** Passes are told to accounts, as in the product. */
export const { runs: syncRuns } = createAccountsPorts({
  platforms: { LIVE: null, TEST: null },
} as Parameters<typeof createAccountsPorts>[0]);

const NO_INBOX: InboxWriter = { store: () => Promise.reject(new Error('nothing is asked for here')) };

let count = 0;

/** An event as Stripe sends it; unique unless `id` is given. */
export function stripeEvent(
  type: string,
  created: number,
  object: JsonObject,
  more: { id?: string; previous?: JsonObject; livemode?: boolean } = {},
): JsonObject {
  const data = { object, ...(more.previous === undefined ? {} : { previous_attributes: more.previous }) };
  const id = more.id ?? `evt_${String((count += 1)).padStart(8, '0')}`;
  return {
    id,
    object: 'event',
    api_version: '2026-10-28.endive',
    created,
    data,
    livemode: more.livemode ?? false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  };
}

/** Keeps the events in the inbox, as the raw door does, in this order of arrival. */
export async function deliver(
  harness: Harness,
  workspaceId: string,
  events: readonly JsonObject[],
  account = ACCOUNT,
): Promise<void> {
  for (const event of events) {
    const created = typeof event['created'] === 'number' ? new Date(event['created'] * 1000) : null;
    await storeInboxEvent(harness.context(workspaceId), {
      provider: 'STRIPE',
      endpointId: 'whe_1',
      connectionId: CONNECTION,
      providerEventId: event['id'] as string,
      eventType: event['type'] as string,
      eventCreatedAt: created,
      account,
      livemode: event['livemode'] === true,
      apiVersion: null,
      objectId: null,
      secretId: 'whs_1',
      signedAt: harness.wall.now(),
      body: Buffer.from(JSON.stringify(event)),
      state: 'RECEIVED',
    });
  }
}

/**
 * Tells the events in every order, each order in a workspace of its own: what is told next is applied before what is told after it.
 * @returns the workspaces, with the order that each was told in.
 */
export async function toldInEveryOrder(
  harness: Harness,
  billing: BillingSubgraph,
  events: readonly JsonObject[],
): Promise<readonly { readonly workspaceId: string; readonly order: readonly JsonObject[] }[]> {
  const told = await Promise.all(
    permutations(events).map(async (order) => ({ workspaceId: await harness.newWorkspace(), order })),
  );
  for (const turn of events.keys()) {
    for (const { workspaceId, order } of told) await deliver(harness, workspaceId, order.slice(turn, turn + 1));
    await harness.pump([billing]);
  }
  return told;
}

/** The payloads of billing's announcements of one type, in order. */
export async function announced(harness: Harness, workspaceId: string, type: string): Promise<JsonObject[]> {
  const { rows } = await harness.admin.query<{ payload: JsonObject }>(
    `SELECT e.payload FROM kernel.event e
     LEFT JOIN kernel.stream s ON s.workspace_id = e.workspace_id AND s.event_id = e.id
     LEFT JOIN kernel.event_outbox o ON o.workspace_id = e.workspace_id AND o.event_id = e.id
     WHERE e.workspace_id = $1 AND e.type = $2 ORDER BY s.seq, o.ordinal`,
    [workspaceId, type],
  );
  return rows.map((row) => row.payload);
}

/** States and reasons of the inbox, by event type. */
export async function inboxStates(harness: Harness, workspaceId: string): Promise<Record<string, string>> {
  const { rows } = await harness.admin.query<{ event_type: string; state: string; reason: string | null }>(
    'SELECT event_type, state, reason FROM kernel.inbox_event WHERE workspace_id = $1',
    [workspaceId],
  );
  return Object.fromEntries(
    rows.map((row) => [row.event_type, row.reason === null ? row.state : `${row.state}: ${row.reason}`]),
  );
}

export const invoiceObject = (more: JsonObject = {}): JsonObject => ({
  id: 'in_1',
  object: 'invoice',
  account_name: 'Acme',
  amount_due: 2_900,
  amount_paid: 0,
  amount_remaining: 2_900,
  attempt_count: 0,
  attempted: false,
  auto_advance: true,
  automatically_finalizes_at: null,
  billing_reason: 'subscription_cycle',
  collection_method: 'charge_automatically',
  created: 1_795_000_000,
  currency: 'eur',
  customer: 'cus_1',
  customer_address: { country: 'DE' },
  customer_email: 'ada@example.com',
  customer_name: 'Ada',
  default_payment_method: null,
  due_date: null,
  hosted_invoice_url: null,
  livemode: false,
  next_payment_attempt: null,
  number: 'A-1',
  parent: {
    type: 'subscription_details',
    quote_details: null,
    subscription_details: { subscription: 'sub_1', metadata: {} },
  },
  period_end: 1_795_000_000,
  period_start: 1_792_000_000,
  status: 'draft',
  status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
  subtotal: 2_900,
  test_clock: null,
  total: 2_900,
  ...more,
});
