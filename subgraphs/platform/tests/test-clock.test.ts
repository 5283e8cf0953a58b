import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { numberBatch } from '#subgraphs/shared/events/dispatcher.ts';
import type { Subgraph } from '#subgraphs/shared/graphql/subgraph.ts';
import { type Harness, nobodyDies } from '#subgraphs/shared/testing/harness.ts';
import type { TimerHandler } from '#subgraphs/shared/timers/define.ts';
import { timerLane } from '#subgraphs/shared/timers/fire.ts';
import type { ProviderClocksPort } from '../index.ts';
import { asKey, createPlatformBench, type PlatformBench, type Side } from './factories.ts';

const START = '2026-11-20T12:00:00.000Z';
const ADVANCE = `mutation ($to: DateTime!) { advanceTestClock(input: { to: $to }) { __typename ... on Job { id state } ... on UserError { code param message } ... on ClockMovingError { jobId } } }`;

/** A provider whose clock is a variable, on whose calendar something stands, and who writes down who saw which time. */
class FakeProvider {
  at = new Date(0);
  stuck = false;
  readonly calendar: Date[] = [];
  readonly diary: string[] = [];
  /** What happens on its side at an instant of its calendar. */
  happen: (ctx: UseCaseContext, at: Date) => Promise<void> = () => Promise.resolve();
  /** The other lanes of the worker, which run beside the job: turned whenever the job looks whether everything is at rest. */
  turn: () => Promise<void> = () => Promise.resolve();

  port(): ProviderClocksPort {
    return {
      nextChangeAt: () => Promise.resolve(this.calendar.find((at) => at > this.at) ?? null),
      advanceTo: async (ctx, instant) => {
        const passed = this.calendar.filter((at) => at > this.at && at <= instant);
        if (instant > this.at) this.at = instant;
        for (const at of passed) await this.happen(ctx, at);
      },
      settled: async () => {
        await this.turn();
        return !this.stuck;
      },
    };
  }
}

interface Clockwork {
  readonly bench: PlatformBench;
  readonly side: Side;
  readonly provider: FakeProvider;
  readonly run: () => Promise<void>;
}

let bench: PlatformBench;
let current: FakeProvider;
beforeAll(async () => {
  const port: ProviderClocksPort = {
    nextChangeAt: (ctx) => current.port().nextChangeAt(ctx),
    advanceTo: (ctx, instant) => current.port().advanceTo(ctx, instant),
    settled: (ctx) => current.port().settled(ctx),
  };
  bench = await createPlatformBench({ providerClocks: port, settleWithinMs: 400 });
});
afterEach(async () => {
  // What a test left unfinished on purpose is not the next one's business.
  await bench.harness.admin.query("DELETE FROM kernel.job WHERE state IN ('QUEUED', 'RUNNING')");
  await bench.harness.admin.query("DELETE FROM kernel.timer WHERE state = 'PENDING'");
});
afterAll(async () => {
  await bench.close();
});

async function clockwork(timers: (provider: FakeProvider) => readonly TimerHandler[] = () => []): Promise<Clockwork> {
  const provider = new FakeProvider();
  current = provider;
  const { test: side } = await bench.newPair();
  const { harness, platform } = bench;
  const handlers = timers(provider);
  provider.turn = () => turnLanes(harness, handlers);
  const others: Subgraph = { name: 'timers', schema: platform.schema, timers: handlers };
  return { bench, side, provider, run: () => harness.pump([platform, others]) };
}

async function turnLanes(harness: Harness, handlers: readonly TimerHandler[]): Promise<void> {
  const { system, contexts, bus, wall, contextDeps } = harness;
  const common = { system, contexts, wall, log: contextDeps.log, watch: nobodyDies };
  await numberBatch(system.pool, {
    wake: () => Promise.resolve(),
    system,
    consumers: [],
    bus,
    wall,
    log: contextDeps.log,
  });
  const lane = timerLane({ ...common, handlers });
  for (const { workspaceId } of await lane.due()) await lane.drain(workspaceId);
}

async function advance({ bench, side }: Clockwork, to: string): Promise<Record<string, unknown>> {
  const { data, codes } = await bench.run(asKey(side), ADVANCE, { to });
  expect(codes).toEqual([]);
  return data?.['advanceTestClock'] as Record<string, unknown>;
}

async function jobOf({ bench, side }: Clockwork, id: unknown): Promise<Record<string, unknown>> {
  const { data } = await bench.run(
    asKey(side),
    'query ($id: ID!) { job(id: $id) { state done total error result } workspace { businessNow } }',
    { id },
  );
  return { ...(data?.['job'] as object), ...(data?.['workspace'] as object) };
}

async function setTimer({ bench, side }: Clockwork, key: string, dueAt: string): Promise<void> {
  await bench.harness
    .context(side.workspaceId)
    .transaction((tx) => tx.setTimer({ kind: 'test', key, dueAt: new Date(dueAt), subjectId: key }));
}

describe('advanceTestClock', () => {
  it('brings business time to the target, and the provider with it', async () => {
    const work = await clockwork();
    const { id } = await advance(work, '2026-12-01T00:00:00Z');
    expect(await jobOf(work, id)).toMatchObject({ state: 'QUEUED', businessNow: START });
    await work.run();
    const seconds = String((Date.parse('2026-12-01T00:00:00Z') - Date.parse(START)) / 1000);
    expect(await jobOf(work, id)).toEqual({
      state: 'SUCCEEDED',
      done: seconds,
      total: seconds,
      error: null,
      result: { arrivedAt: '2026-12-01T00:00:00.000Z', stops: 1 },
      businessNow: '2026-12-01T00:00:00.000Z',
    });
    expect(work.provider.at).toEqual(new Date('2026-12-01T00:00:00Z'));
  });

  it('stops at every instant at which something is due, on both sides and in order, and each sees its own time', async () => {
    const work = await clockwork((provider) => [
      {
        kind: 'test',
        handle: async (ctx, timer) => {
          provider.diary.push(
            `timer ${timer.key} at ${(await ctx.businessNow()).toISOString()}, provider at ${provider.at.toISOString()}`,
          );
        },
      },
    ]);
    const { provider } = work;
    provider.calendar.push(new Date('2026-11-25T00:00:00Z'), new Date('2026-12-20T00:00:00Z'));
    provider.happen = async (ctx, at) => {
      provider.diary.push(`renewal of ${at.toISOString()}, we at ${(await ctx.businessNow()).toISOString()}`);
      if (at < new Date('2026-12-01T00:00:00Z')) await setTimer(work, 'after-renewal', '2026-11-28T00:00:00Z');
    };
    await setTimer(work, 'first', '2026-11-22T00:00:00Z');
    await advance(work, '2026-12-10T00:00:00Z');
    await work.run();
    expect(provider.diary).toEqual([
      'timer first at 2026-11-22T00:00:00.000Z, provider at 2026-11-22T00:00:00.000Z',
      'renewal of 2026-11-25T00:00:00.000Z, we at 2026-11-25T00:00:00.000Z',
      'timer after-renewal at 2026-11-28T00:00:00.000Z, provider at 2026-11-28T00:00:00.000Z',
    ]);
  });

  it('goes on from the clock’s row after its worker died, without doing anything twice', async () => {
    const work = await clockwork((provider) => [
      { kind: 'test', handle: (_ctx, timer) => Promise.resolve(void provider.diary.push(timer.key)) },
    ]);
    const { provider, bench, side } = work;
    const renewal = new Date('2026-11-25T00:00:00Z');
    provider.calendar.push(renewal);
    await setTimer(work, 'before', '2026-11-22T00:00:00Z');
    await setTimer(work, 'after', '2026-11-28T00:00:00Z');
    const { id } = await advance(work, '2026-12-10T00:00:00Z');
    // As a kill -9 leaves it: our clock moved to the renewal, the provider not yet told, the job claimed by nobody who lives.
    await setTimer(work, 'before', '2026-11-20T11:00:00Z');
    await bench.harness.setBusinessNow(side.workspaceId, renewal);
    await bench.harness.admin.query(
      "UPDATE kernel.job SET state = 'RUNNING', attempts = 1, lease_until = $2 WHERE id = $1",
      [id, bench.harness.wall.now()],
    );
    provider.happen = async (ctx) =>
      void provider.diary.push(`renewal, we at ${(await ctx.businessNow()).toISOString()}`);
    await work.run();
    expect(await jobOf(work, id)).toMatchObject({ state: 'SUCCEEDED', businessNow: '2026-12-10T00:00:00.000Z' });
    expect([...provider.diary].sort()).toEqual(['after', 'before', `renewal, we at ${renewal.toISOString()}`].sort());
  });

  it('fails when a stop does not come to rest, and names what is in flight', async () => {
    const work = await clockwork();
    work.provider.stuck = true;
    const { id } = await advance(work, '2026-12-01T00:00:00Z');
    await work.run();
    const job = await jobOf(work, id);
    expect(job).toMatchObject({ state: 'FAILED', businessNow: START });
    expect(job['error']).toContain('events at the provider that are not delivered');
    work.provider.stuck = false;
    const again = await advance(work, '2026-12-01T00:00:00Z');
    await work.run();
    expect(await jobOf(work, again['id'])).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('waits for other jobs of the workspace and names one that does not end', async () => {
    const work = await clockwork();
    await work.bench.harness.admin.query(
      "INSERT INTO kernel.job (workspace_id, id, kind, queue, payload, state, max_attempts, created_at, lease_until) VALUES ($1, 'job_other', 'billing.backfill', 'jobs', '{}', 'RUNNING', 1, now(), now() + interval '1 year')",
      [work.side.workspaceId],
    );
    const { id } = await advance(work, '2026-12-01T00:00:00Z');
    await work.run();
    expect((await jobOf(work, id))['error']).toContain('the job billing.backfill');
  });

  it('asked twice at once for one instant is one job; for another instant meanwhile it is refused', async () => {
    const work = await clockwork();
    const [a, b] = await Promise.all([advance(work, '2026-12-01T00:00:00Z'), advance(work, '2026-12-01T00:00:00Z')]);
    expect(a['id']).toBe(b['id']);
    expect(await advance(work, '2026-12-02T00:00:00Z')).toMatchObject({
      __typename: 'ClockMovingError',
      code: 'CLOCK_MOVING',
      jobId: a['id'],
    });
  });

  it.each([
    { to: '2026-11-20T11:59:59Z', code: 'CLOCK_TARGET_IN_THE_PAST' },
    { to: '2028-11-20T12:00:00.001Z', code: 'CLOCK_TARGET_TOO_FAR' },
  ])('refuses to go to $to', async ({ to, code }) => {
    const work = await clockwork();
    expect(await advance(work, to)).toMatchObject({ __typename: 'ClockTargetError', code, param: 'input.to' });
  });

  it('refuses in a LIVE workspace', async () => {
    const { bench } = await clockwork();
    const { live } = await bench.newPair();
    const { data } = await bench.run(asKey(live, ['admin:*'], 'LIVE'), ADVANCE, { to: '2026-12-01T00:00:00Z' });
    expect(data?.['advanceTestClock']).toMatchObject({ __typename: 'LiveClockError', code: 'LIVE_CLOCK' });
  });
});
