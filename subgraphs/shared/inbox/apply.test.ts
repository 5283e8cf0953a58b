import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { UseCaseContext } from '../db/context.ts';
import { createUseCaseContext } from '../db/use-case-context.ts';
import { defineEvent } from '../events/define.ts';
import type { Lane } from '../jobs/lane.ts';
import { silentLogger } from '../logging/logger.ts';
import { testDelivery } from '../testing/deliveries.ts';
import { createHarness, type Harness, nobodyDies } from '../testing/harness.ts';
import { type InboxOutcome, inboxLane } from './apply.ts';
import { type Delivery, storeInboxEvent } from './store.ts';

const seen = defineEvent({
  type: 'test.delivery.seen',
  version: 1,
  subject: 'Delivery',
  payload: z.object({ providerEventId: z.string() }),
});

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

async function store(workspaceId: string, ...deliveries: Delivery[]): Promise<void> {
  for (const each of deliveries) await storeInboxEvent(harness.context(workspaceId), each);
}

/** The body of these deliveries is their provider's event id. */
const laneOf = (apply: (ctx: UseCaseContext, providerEventId: string) => Promise<InboxOutcome>): Lane =>
  inboxLane({
    handlers: [
      {
        provider: 'TEST',
        apply: async (ctx, _tx, rows) => {
          const outcomes: InboxOutcome[] = [];
          for (const row of rows) outcomes.push(await apply(ctx, row.body.toString()));
          return outcomes;
        },
      },
    ],
    contexts: harness.contexts,
    system: harness.system,
    wall: harness.wall,
    log: silentLogger,
    watch: nobodyDies,
  });

const isDue = async (lane: Lane, workspaceId: string): Promise<boolean> =>
  (await lane.due()).some((work) => work.workspaceId === workspaceId);

/** Announces what it applies, in the transaction it is given. */
async function announce(ctx: UseCaseContext, providerEventId: string): Promise<'APPLIED'> {
  await ctx.transaction((tx) => tx.publish(seen({ subjectId: 'delivery', payload: { providerEventId } })));
  return 'APPLIED';
}

/** As the metrics tell it. */
async function publishedSoFar(): Promise<number> {
  const { text } = await harness.contextDeps.metrics.scrape();
  return Number(/^events_published_total\{type="test.delivery.seen"\} (\d+)/m.exec(text)?.[1] ?? 0);
}

interface Kept {
  event: string;
  state: string;
  reason: string | null;
  stack: string | null;
  attempts: number;
  deliveries: number;
}

async function kept(workspaceId: string): Promise<Kept[]> {
  const { rows } = await harness.admin.query<Kept>(
    `SELECT provider_event_id AS event, state, reason, stack, attempts, coalesce(deliveries, 1) AS deliveries
     FROM kernel.inbox_event LEFT JOIN kernel.inbox_key USING (workspace_id, endpoint_id, provider_event_id) WHERE workspace_id = $1 ORDER BY 1`,
    [workspaceId],
  );
  return rows;
}

/** What was announced and will be numbered, by way of the outbox, since an event without a row there reaches nobody. */
async function announced(workspaceId: string): Promise<string[]> {
  const { rows } = await harness.admin.query<{ id: string }>(
    `SELECT e.payload->>'providerEventId' AS id FROM kernel.event e LEFT JOIN kernel.event_outbox o ON o.workspace_id = e.workspace_id AND o.event_id = e.id
     WHERE e.workspace_id = $1 ORDER BY o.ordinal`,
    [workspaceId],
  );
  return rows.map((row) => row.id);
}

describe('a delivery that was kept', () => {
  it('is applied once, and its repeats are counted and neither kept nor applied', async () => {
    const workspaceId = await harness.newWorkspace();
    const applied: string[] = [];
    const lane = laneOf((_ctx, id) => Promise.resolve(void applied.push(id)).then(() => 'APPLIED'));
    await store(workspaceId, testDelivery('evt_1'), testDelivery('evt_1'));
    await lane.drain(workspaceId);
    await store(workspaceId, testDelivery('evt_1'));
    await lane.drain(workspaceId);
    expect(applied).toEqual(['evt_1']);
    expect(await kept(workspaceId)).toEqual([
      { event: 'evt_1', state: 'APPLIED', reason: null, stack: null, attempts: 1, deliveries: 3 },
    ]);
  });

  it('wakes the inbox when it is the first and there is something to apply, and is kept when waking fails', async () => {
    const workspaceId = await harness.newWorkspace();
    const woken: string[] = [];
    const wake = (lane: string, where: string): Promise<void> => {
      woken.push(`${lane} ${where}`);
      return Promise.reject(new Error('the queue is away'));
    };
    const { mode, actor, requestId } = harness.context(workspaceId);
    const ctx = createUseCaseContext({ ...harness.contextDeps, wake }, { workspaceId, mode, actor, requestId });
    const answers = [
      await storeInboxEvent(ctx, testDelivery('evt_1')),
      await storeInboxEvent(ctx, testDelivery('evt_1')),
      await storeInboxEvent(ctx, testDelivery('evt_2', { state: 'IGNORED', reason: 'not ours' })),
    ];
    expect(answers.map(({ first }) => first)).toEqual([true, false, true]);
    expect(answers[1]?.inboxEventId).toBe(answers[0]?.inboxEventId);
    expect(woken).toEqual([`inbox ${workspaceId}`]);
    expect((await kept(workspaceId)).map(({ state }) => state)).toEqual(['RECEIVED', 'IGNORED']);
  });

  it('is applied in the order in which things happened, not in which they arrived', async () => {
    const workspaceId = await harness.newWorkspace();
    const at = (minute: number): Partial<Delivery> => ({
      eventCreatedAt: new Date(Date.UTC(2026, 10, 20, 11, minute)),
    });
    await store(workspaceId, testDelivery('third', at(3)), testDelivery('first', at(1)), testDelivery('second', at(2)));
    await laneOf(announce).drain(workspaceId);
    expect(await announced(workspaceId)).toEqual(['first', 'second', 'third']);
  });

  it('is applied once when two workers come for it at once', async () => {
    const workspaceId = await harness.newWorkspace();
    const ids = Array.from({ length: 130 }, (_, i) => `evt_${String(i).padStart(3, '0')}`);
    await harness.admin.query(
      `INSERT INTO kernel.inbox_event (workspace_id, id, provider, endpoint_id, connection_id, provider_event_id, account, secret_index, signed_at, body, state, received_at)
       SELECT $1, 'inb_' || id, 'TEST', 'whe_1', 'conn_1', id, 'acct_1', 0, now(), id::bytea, 'RECEIVED', now() FROM unnest($2::text[]) AS id`,
      [workspaceId, ids],
    );
    await Promise.all([laneOf(announce).drain(workspaceId), laneOf(announce).drain(workspaceId)]);
    expect(await announced(workspaceId)).toEqual(ids);
    expect((await kept(workspaceId)).every(({ state, attempts }) => state === 'APPLIED' && attempts === 1)).toBe(true);
  });

  it('is IGNORED with the reason its handler gives', async () => {
    const workspaceId = await harness.newWorkspace();
    await store(workspaceId, testDelivery('evt_1'));
    const lane = laneOf(() => Promise.resolve({ ignored: 'nobody asked for this type' }));
    await lane.drain(workspaceId);
    expect(await kept(workspaceId)).toMatchObject([{ state: 'IGNORED', reason: 'nobody asked for this type' }]);
    expect(await isDue(lane, workspaceId)).toBe(false);
  });
});

describe('a delivery that cannot be applied', () => {
  it.each([
    { how: 'throws', fail: () => Promise.reject(new Error('poison')), reason: 'Error: poison' },
    {
      how: 'breaks a statement',
      fail: (ctx: UseCaseContext) =>
        ctx.transaction((tx) => tx.db.$executeRaw`SELECT 1 / 0`).then(() => 'APPLIED' as const),
      reason: 'division by zero',
    },
  ])('because its handler $how leaves its neighbours applied and announces nothing', async ({ fail, reason }) => {
    const workspaceId = await harness.newWorkspace();
    const before = await publishedSoFar();
    await store(workspaceId, testDelivery('evt_1'), testDelivery('evt_2'), testDelivery('evt_3'));
    const lane = laneOf(async (ctx, id) => {
      await announce(ctx, id);
      return id === 'evt_2' ? fail(ctx) : 'APPLIED';
    });
    await lane.drain(workspaceId);
    expect(await announced(workspaceId)).toEqual(['evt_1', 'evt_3']);
    expect((await publishedSoFar()) - before).toBe(2);
    expect(await kept(workspaceId)).toMatchObject([
      { event: 'evt_1', state: 'APPLIED', reason: null, stack: null },
      {
        event: 'evt_2',
        state: 'FAILED',
        reason: expect.stringContaining(reason),
        stack: expect.stringMatching(/\n +at /),
        attempts: 1,
      },
      { event: 'evt_3', state: 'APPLIED', reason: null },
    ]);
  });

  it('is tried again, each time later, and applied when its trouble is over', async () => {
    const workspaceId = await harness.newWorkspace();
    let [broken, tries] = [true, 0];
    const lane = laneOf((ctx, id) => {
      tries += 1;
      return broken ? Promise.reject(new Error('trouble')) : announce(ctx, id);
    });
    await store(workspaceId, testDelivery('evt_1'));
    await lane.drain(workspaceId);
    // Half a second at first, up to a fifth more; then twice as long.
    for (const { waitMs, due } of [
      { waitMs: 499, due: false },
      { waitMs: 101, due: true },
      { waitMs: 999, due: false },
      { waitMs: 201, due: true },
    ]) {
      harness.wall.advance({ ms: waitMs });
      expect(await isDue(lane, workspaceId)).toBe(due);
      await lane.drain(workspaceId);
    }
    expect(tries).toBe(3);
    broken = false;
    harness.wall.advance({ minutes: 1 });
    await lane.drain(workspaceId);
    expect(await kept(workspaceId)).toMatchObject([{ state: 'APPLIED', reason: null, attempts: 4 }]);
    expect(await announced(workspaceId)).toEqual(['evt_1']);
  });

  it('is DEAD with its reason after the tenth attempt, and nobody comes for it again', async () => {
    const workspaceId = await harness.newWorkspace();
    let tries = 0;
    const lane = laneOf(() => Promise.reject(new Error(`no luck, try ${String((tries += 1))}`)));
    await store(workspaceId, testDelivery('evt_1'));
    for (let turn = 0; turn < 15; turn += 1) {
      await lane.drain(workspaceId);
      harness.wall.advance({ minutes: 10 });
    }
    expect(tries).toBe(10);
    expect(await kept(workspaceId)).toEqual([
      {
        event: 'evt_1',
        state: 'DEAD',
        reason: 'Error: no luck, try 10',
        stack: expect.stringMatching(/^Error: no luck, try 10\n +at /),
        attempts: 10,
        deliveries: 1,
      },
    ]);
    expect(await isDue(lane, workspaceId)).toBe(false);
  });

  it('because nobody handles its provider is kept as failed, with that reason', async () => {
    const workspaceId = await harness.newWorkspace();
    await store(workspaceId, testDelivery('evt_1', { provider: 'ELSEWHERE' }));
    await laneOf(announce).drain(workspaceId);
    expect(await kept(workspaceId)).toMatchObject([
      { state: 'FAILED', reason: expect.stringContaining('No handler for deliveries of ELSEWHERE') },
    ]);
  });
});
