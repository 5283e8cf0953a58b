import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDelivery } from '#subgraphs/shared/testing/deliveries.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { createInboxWriter, type Delivery, type InboxWriter } from './store.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

const delivery = (providerEventId: string, over: Partial<Delivery> = {}): Delivery =>
  testDelivery(providerEventId, { livemode: null, apiVersion: null, body: Buffer.from([0, 255, 10, 34, 92]), ...over });

/** A writer, the wake-ups it sent, and the statements it took. */
function writer(wake: () => Promise<void> = () => Promise.resolve()): {
  inbox: InboxWriter;
  woken: string[];
  statements: () => number;
} {
  const woken: string[] = [];
  let statements = 0;
  const database: typeof harness.database = {
    ...harness.database,
    query: (sql, values) => {
      statements += 1;
      return harness.database.query(sql, values);
    },
  };
  const deps = {
    ...harness.contextDeps,
    database,
    wake: (lane: string, workspaceId: string): Promise<void> => {
      woken.push(`${lane} ${workspaceId}`);
      return wake();
    },
  };
  return { inbox: createInboxWriter(deps), woken, statements: () => statements };
}

async function kept(workspaceId: string): Promise<{ id: string; event: string; deliveries: number; body: string }[]> {
  const { rows } = await harness.admin.query<{ id: string; event: string; deliveries: number; body: string }>(
    `SELECT id, provider_event_id AS event, deliveries, encode(body, 'hex') AS body
     FROM kernel.inbox_event JOIN kernel.inbox_key USING (workspace_id, endpoint_id, provider_event_id) WHERE workspace_id = $1 ORDER BY 2`,
    [workspaceId],
  );
  return rows;
}

describe('deliveries that come at once', () => {
  it('are each kept, byte for byte, in far fewer statements than deliveries', async () => {
    const workspaceId = await harness.newWorkspace();
    const { inbox, statements } = writer();
    const names = Array.from({ length: 200 }, (_, index) => `evt_${String(index).padStart(3, '0')}`);
    const stored = await Promise.all(names.map((name) => inbox.store(workspaceId, delivery(name))));
    const rows = await kept(workspaceId);
    expect(rows.map(({ event }) => event)).toEqual(names);
    expect(stored).toEqual(rows.map(({ id }) => ({ inboxEventId: id, first: true })));
    expect(new Set(rows.map(({ body }) => body))).toEqual(new Set(['00ff0a225c']));
    expect(statements()).toBeLessThan(10);
  });

  it('and are one event twenty times become one row, of which one caller hears that it was the first', async () => {
    const workspaceId = await harness.newWorkspace();
    const { inbox } = writer();
    const stored = await Promise.all(Array.from({ length: 20 }, () => inbox.store(workspaceId, delivery('evt_1'))));
    expect(await kept(workspaceId)).toEqual([expect.objectContaining({ event: 'evt_1', deliveries: 20 })]);
    expect(new Set(stored.map(({ inboxEventId }) => inboxEventId)).size).toBe(1);
    expect(stored.filter(({ first }) => first)).toHaveLength(1);
    expect(await inbox.store(workspaceId, delivery('evt_1'))).toEqual({ ...stored[0], first: false });
  });

  it('fail alone: one that the database refuses leaves its neighbours kept', async () => {
    const workspaceId = await harness.newWorkspace();
    const { inbox } = writer();
    const outcomes = await Promise.allSettled(
      ['evt_1', 'evt_\0', 'evt_3', 'evt_4'].map((name) => inbox.store(workspaceId, delivery(name))),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect((await kept(workspaceId)).map(({ event }) => event)).toEqual(['evt_1', 'evt_3', 'evt_4']);
  });

  it('are kept each in its own workspace', async () => {
    const [here, there] = [await harness.newWorkspace(), await harness.newWorkspace()];
    const { inbox } = writer();
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        inbox.store(index % 2 === 0 ? here : there, delivery(`evt_${String(index)}`)),
      ),
    );
    expect(await kept(here)).toHaveLength(20);
    expect(await kept(there)).toHaveLength(20);
  });
});

describe('the inbox is woken', () => {
  it('once for what is kept together', async () => {
    const workspaceId = await harness.newWorkspace();
    const { inbox, woken } = writer();
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => inbox.store(workspaceId, delivery(`evt_${String(index)}`))),
    );
    // The first goes alone, those that came meanwhile together.
    expect(woken).toEqual([`inbox ${workspaceId}`, `inbox ${workspaceId}`]);
  });

  it('neither for a repeat nor for what is not to be applied', async () => {
    const workspaceId = await harness.newWorkspace();
    const { inbox, woken } = writer();
    await inbox.store(workspaceId, delivery('evt_1', { state: 'DEAD', reason: 'unreadable' }));
    await inbox.store(workspaceId, delivery('evt_2', { state: 'IGNORED', reason: 'not ours' }));
    await inbox.store(workspaceId, delivery('evt_2'));
    expect(woken).toEqual([]);
  });

  it('in vain without harm: the delivery is kept all the same', async () => {
    const workspaceId = await harness.newWorkspace();
    const { inbox } = writer(() => Promise.reject(new Error('the queue is away')));
    expect(await inbox.store(workspaceId, delivery('evt_1'))).toMatchObject({ first: true });
  });
});
