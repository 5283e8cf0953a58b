import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '#subgraphs/shared/json/json.ts';
import { createAnalyticsSubgraph } from '../index.ts';
import { shipEvents } from '../use-cases/ship-events.ts';
import { createAnalyticsWorld, ids, NO_CASES, NO_MIRROR, type AnalyticsWorld } from './factories.ts';

let world: AnalyticsWorld;
beforeAll(async () => {
  world = await createAnalyticsWorld();
});
afterAll(async () => {
  await world.close();
});

const HISTORY =
  'query ($id: ID!) { objectHistory(id: $id) { kind at deleted status amount { amountMinor currency } } }';

const state = (id: string, minute: number, over: Record<string, Json>): Record<string, Json> => ({
  kind: 'invoice',
  id,
  stripeId: 'in_1',
  account: 'acct_1',
  createdAt: '2026-11-02T10:00:00.000Z',
  at: `2026-11-02T10:${String(minute).padStart(2, '0')}:00.000Z`,
  deleted: false,
  status: 'OPEN',
  currency: 'JPY',
  amountMinor: '9007199254740993',
  customerId: null,
  ...over,
});

async function announce(workspaceId: string, changes: Record<string, Json>[]): Promise<void> {
  await world.append([
    {
      workspaceId,
      type: 'billing.mirror.changed',
      subjectId: 'conn_1',
      payload: { changes },
      occurredAt: new Date('2026-11-02T10:00:00Z'),
    },
  ]);
}

async function history(workspaceId: string, id: string): Promise<unknown> {
  const { schema } = createAnalyticsSubgraph({
    clickhouse: world.ch,
    system: world.ship.system,
    mirror: NO_MIRROR,
    cases: NO_CASES,
  });
  const { data, errors } = await world.harness.run(
    schema,
    HISTORY,
    { id },
    { workspaceId, scopes: ['analytics:read'] },
  );
  expect(errors).toBeUndefined();
  return JSON.parse(JSON.stringify(data?.['objectHistory']));
}

describe('the history of an object', () => {
  it('holds each state once, newest first, however often it was shipped, and shows it to its own workspace', async () => {
    const ws = ids.next('ws');
    const id = ids.next('inv');
    const before = await world.position();
    await announce(ws, [state(id, 1, { status: 'DRAFT' }), state(id, 2, {})]);
    await announce(ws, [state(id, 3, { status: 'PAID' }), state(ids.next('inv'), 3, {})]);
    await announce(ws, [state(id, 4, { status: 'PAID', deleted: true })]);
    await shipEvents(world.ship, { limit: 100 });
    await world.rewind(before);
    await shipEvents(world.ship, { limit: 1 });
    await shipEvents(world.ship, { limit: 100 });

    expect(await history(ws, id)).toEqual(
      [
        { at: '04', status: 'PAID', deleted: true },
        { at: '03', status: 'PAID', deleted: false },
        { at: '02', status: 'OPEN', deleted: false },
        { at: '01', status: 'DRAFT', deleted: false },
      ].map(({ at, ...rest }) => ({
        kind: 'invoice',
        at: `2026-11-02T10:${at}:00.000Z`,
        amount: { amountMinor: '9007199254740993', currency: 'JPY' },
        ...rest,
      })),
    );
    expect(await history(ids.next('ws'), id)).toEqual([]);
    const [current] = await world.ch.query<{ status: string; deleted: boolean }>(
      'SELECT status, deleted FROM workspace_mirror(workspace_id = {workspace_id:String}) WHERE object_id = {id:String}',
      { workspace_id: ws, id },
    );
    expect(current).toEqual({ status: 'PAID', deleted: true });
  });

  it('is not disturbed by an event that cannot be read', async () => {
    const ws = ids.next('ws');
    const id = ids.next('inv');
    await announce(ws, [{ nonsense: true }]);
    await announce(ws, [state(id, 1, {})]);
    await shipEvents(world.ship, { limit: 100 });
    expect(await history(ws, id)).toHaveLength(1);
  });
});
