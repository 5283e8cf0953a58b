import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { InboxHandler, InboxOutcome } from '#subgraphs/shared/inbox/apply.ts';
import { asKey, createPlatformBench, signed, stripeEvent, type PlatformBench, type Side } from './factories.ts';

let bench: PlatformBench;
beforeAll(async () => {
  bench = await createPlatformBench();
});
afterAll(async () => {
  await bench.close();
});

const REPLAY = `mutation ($input: ReplayInboxEventsInput!) { replayInboxEvents(input: $input) {
  __typename ... on InboxReplay { matched unreadable counts { state type count } job { id } } ... on ValidationError { message param } } }`;

interface Replay {
  readonly __typename: string;
  readonly matched: number;
  readonly unreadable: number;
  readonly counts: readonly { state: string; type: string | null; count: number }[];
  readonly job: { id: string } | null;
  readonly param?: string;
}

async function replay(side: Side, input: object): Promise<Replay> {
  const { data, codes } = await bench.run(asKey(side), REPLAY, { input });
  expect(codes).toEqual([]);
  return data?.['replayInboxEvents'] as Replay;
}

interface Kept {
  readonly type: string | null;
  readonly state: string;
  readonly attempts: number;
}

async function kept(side: Side): Promise<Kept[]> {
  const { rows } = await bench.harness.admin.query<Kept>(
    'SELECT event_type AS type, state, attempts FROM kernel.inbox_event WHERE workspace_id = $1 ORDER BY received_at, event_type',
    [side.workspaceId],
  );
  return rows;
}

/** A side to which these bodies were posted. */
async function sideWith(...bodies: string[]): Promise<Side> {
  const side = (await bench.newPair()).test;
  const path = bench.newEndpoint(side.workspaceId);
  const now = bench.harness.wall.now();
  for (const body of bodies)
    await bench.http('POST', `/v1/webhooks/stripe/${path}`, { body: Buffer.from(body), headers: signed(body, now) });
  return side;
}

/** Carries out what waits, deliveries by `apply`, until nothing does; time passes for those that are tried again. */
async function carryOut(apply: (type: string | null) => InboxOutcome | Error): Promise<void> {
  const { harness, platform } = bench;
  const handler: InboxHandler = {
    provider: 'STRIPE',
    apply: (_ctx, _tx, rows) => {
      const outcomes = rows.map(({ eventType }) => apply(eventType));
      const failure = outcomes.find((outcome) => outcome instanceof Error);
      return failure ? Promise.reject(failure) : Promise.resolve(outcomes as InboxOutcome[]);
    },
  };
  for (let turn = 0; turn < 12; turn += 1) {
    await harness.pump([{ ...platform, inbox: [handler] }]);
    harness.wall.advance({ minutes: 10 });
  }
}

const good = stripeEvent({ id: 'evt_good', type: 'invoice.paid' });
const poison = stripeEvent({ id: 'evt_poison', type: 'customer.updated' });
const failing = (type: string | null): InboxOutcome | Error =>
  type === 'customer.updated' ? new Error('poison') : 'APPLIED';

describe('kept deliveries', () => {
  it('that are dead are applied once their trouble is mended, with all their attempts, and the audit log says who asked', async () => {
    const side = await sideWith(good, poison);
    await carryOut(failing);
    expect(await kept(side)).toEqual([
      { type: 'customer.updated', state: 'DEAD', attempts: 10 },
      { type: 'invoice.paid', state: 'APPLIED', attempts: 1 },
    ]);

    const asked = await replay(side, { states: ['DEAD'] });
    expect(asked).toMatchObject({ matched: 1, unreadable: 0, job: { id: expect.stringMatching(/^job_/) } });
    await carryOut(() => 'APPLIED');
    expect(await kept(side)).toEqual([
      { type: 'customer.updated', state: 'APPLIED', attempts: 1 },
      { type: 'invoice.paid', state: 'APPLIED', attempts: 1 },
    ]);
    const { rows } = await bench.harness.admin.query(
      'SELECT action, outcome, actor_id FROM kernel.audit_event WHERE workspace_id = $1 ORDER BY occurred_at DESC LIMIT 1',
      [side.workspaceId],
    );
    expect(rows).toEqual([{ action: 'replayInboxEvents', outcome: 'DONE', actor_id: expect.any(String) }]);
  });

  it('that were ignored are applied when their type has been learnt', async () => {
    const side = await sideWith(stripeEvent({ id: 'evt_new', type: 'quote.created' }));
    await carryOut(() => ({ ignored: 'type not modelled' }));
    expect(await replay(side, { types: ['quote.created'] })).toMatchObject({ matched: 1 });
    await carryOut(() => 'APPLIED');
    expect(await kept(side)).toEqual([{ type: 'quote.created', state: 'APPLIED', attempts: 1 }]);
  });

  it('are only counted in a dry run', async () => {
    const side = await sideWith(good, poison, 'not JSON');
    await carryOut(failing);
    const before = await kept(side);
    expect(await replay(side, { states: ['DEAD', 'APPLIED'], dryRun: true })).toEqual({
      __typename: 'InboxReplay',
      matched: 2,
      unreadable: 1,
      counts: [
        { state: 'DEAD', type: 'customer.updated', count: 1 },
        { state: 'APPLIED', type: 'invoice.paid', count: 1 },
        { state: 'DEAD', type: null, count: 1 },
      ],
      job: null,
    });
    expect(await kept(side)).toEqual(before);
  });

  it('whose body cannot be read stay as they are', async () => {
    const side = await sideWith('not JSON');
    expect(await replay(side, { states: ['DEAD'] })).toMatchObject({ matched: 0, unreadable: 1, job: null });
    expect(await kept(side)).toEqual([{ type: null, state: 'DEAD', attempts: 0 }]);
  });

  it.each([
    { by: 'id', filter: (id: string) => ({ ids: [id] }) },
    { by: 'object', filter: () => ({ objectId: 'in_wanted' }) },
    { by: 'account', filter: () => ({ account: 'acct_wanted' }) },
  ])('are chosen by $by', async ({ filter }) => {
    const wanted = JSON.parse(stripeEvent({ id: 'evt_wanted', account: 'acct_wanted' })) as {
      data: { object: object };
    };
    wanted.data.object = { ...wanted.data.object, id: 'in_wanted' };
    const side = await sideWith(good, JSON.stringify(wanted));
    await carryOut(() => 'APPLIED');
    const { rows } = await bench.harness.admin.query<{ id: string }>(
      "SELECT id FROM kernel.inbox_event WHERE workspace_id = $1 AND provider_event_id = 'evt_wanted'",
      [side.workspaceId],
    );
    expect(await replay(side, { ...filter(rows[0]?.id ?? ''), dryRun: true })).toMatchObject({ matched: 1 });
  });

  it('are chosen by the window in which they came, open at its end', async () => {
    const side = await sideWith(good);
    await carryOut(() => 'APPLIED');
    const { rows } = await bench.harness.admin.query<{ at: Date }>(
      'SELECT received_at AS at FROM kernel.inbox_event WHERE workspace_id = $1',
      [side.workspaceId],
    );
    const at = rows[0]?.at ?? new Date(0);
    const later = new Date(at.getTime() + 1);
    const matched = async (window: { since?: Date; until?: Date }): Promise<number> =>
      (await replay(side, { ...(JSON.parse(JSON.stringify(window)) as object), dryRun: true })).matched;
    expect(await matched({ since: at, until: later })).toBe(1);
    expect(await matched({ since: later })).toBe(0);
    expect(await matched({ until: at })).toBe(0);
  });

  it('of another workspace are neither counted nor touched', async () => {
    const [side, other] = [await sideWith(good), await sideWith(good)];
    await carryOut(() => 'APPLIED');
    expect(await replay(side, { states: ['APPLIED'] })).toMatchObject({ matched: 1 });
    await carryOut(() => ({ ignored: 'this time' }));
    expect((await kept(other)).map(({ state }) => state)).toEqual(['APPLIED']);
    expect((await kept(side)).map(({ state }) => state)).toEqual(['IGNORED']);
  });

  it.each([
    { what: 'no condition', input: {}, param: 'input' },
    {
      what: 'a window that ends before it begins',
      input: { since: '2026-11-02T00:00:00Z', until: '2026-11-01T00:00:00Z' },
      param: 'input.until',
    },
  ])('are not replayed for $what', async ({ input, param }) => {
    const side = (await bench.newPair()).test;
    expect(await replay(side, input)).toMatchObject({ __typename: 'ValidationError', param });
  });
});
