import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inboxLane } from '#subgraphs/shared/inbox/apply.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { silentLogger } from '#subgraphs/shared/logging/logger.ts';
import { createHarness, type Harness, nobodyDies } from '#subgraphs/shared/testing/harness.ts';
import { deliver, offlineBilling, stripeEvent } from './factories.ts';

let harness: Harness;
const billing = offlineBilling();
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

const at = 1_795_000_000;

async function row(workspaceId: string, table: string): Promise<JsonObject[]> {
  const { rows } = await harness.admin.query<{ row: JsonObject }>(
    `SELECT to_jsonb(t) AS row FROM stripe.${table} t WHERE workspace_id = $1 ORDER BY stripe_id`,
    [workspaceId],
  );
  return rows.map((found) => found.row);
}

async function inOrder(events: readonly JsonObject[]): Promise<string> {
  const workspaceId = await harness.newWorkspace();
  for (const event of events) {
    await deliver(harness, workspaceId, [event]);
    await harness.pump([billing]);
  }
  return workspaceId;
}

describe('an object of a kind that has no table of its own', () => {
  const meter = (name: string): JsonObject => ({
    id: 'mtr_1',
    object: 'billing.meter',
    created: at,
    display_name: name,
  });
  const first = stripeEvent('billing.meter.created', at, meter('Calls'));
  const second = stripeEvent('billing.meter.updated', at + 5, meter('API calls'), {
    previous: { display_name: 'Calls' },
  });

  it.each([{ events: [first, second] }, { events: [second, first] }])(
    'is kept as Stripe sent it, newest state last',
    async ({ events }) => {
      const workspaceId = await inOrder(events);
      expect(await row(workspaceId, 'object')).toMatchObject([
        { kind: 'billing.meter', stripe_id: 'mtr_1', raw: { display_name: 'API calls' }, deleted_at: null },
      ]);
    },
  );

  it('of which Stripe cannot be asked ends the same in every order of events that tie', async () => {
    const tied = ['a', 'b'].map((name) =>
      stripeEvent('some.future_thing', at, { id: 'fut_1', object: 'some_future_thing', name }),
    );
    const [forwards, backwards] = [await inOrder(tied), await inOrder(tied.toReversed())];
    const states = [await row(forwards, 'object'), await row(backwards, 'object')];
    expect(states.map(([found]) => found?.['raw'])).toEqual(Array(2).fill(expect.objectContaining({ name: 'b' })));
  });
});

describe('a thin event', () => {
  it('has its object read at Stripe, once for all that name it', async () => {
    const workspaceId = await harness.newWorkspace();
    const thin = (id: string): JsonObject => ({
      id,
      object: 'v2.core.event',
      type: 'v1.invoice.updated',
      created: '2026-11-20T11:59:00.123Z',
      livemode: false,
      related_object: { id: 'in_1', type: 'invoice', url: '/v1/invoices/in_1' },
    });
    await deliver(harness, workspaceId, [thin('evt_thin_1'), thin('evt_thin_2')]);
    await inboxLane({ ...harness, handlers: billing.inbox ?? [], log: silentLogger, watch: nobodyDies }).drain(
      workspaceId,
    );
    const { rows } = await harness.admin.query(
      'SELECT kind, stripe_id FROM billing.refetch_request WHERE workspace_id = $1',
      [workspaceId],
    );
    expect(rows).toEqual([{ kind: 'invoice', stripe_id: 'in_1' }]);
  });
});
