import { setTimeout as sleep } from 'node:timers/promises';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { inFlight, isQuiet, nextDueAt } from '#subgraphs/shared/db/quiescence.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import { moveTestClock } from '#subgraphs/shared/db/test-clock.ts';
import { jobHandler, type JobHandler, type RunningJob } from '#subgraphs/shared/jobs/define.ts';
import type { Json } from '#subgraphs/shared/json/json.ts';
import { nextStop } from '../domain/test-clock.ts';
import { LiveClockError, TestClockStuckError } from '../errors.ts';
import { advanceTestClockJob } from '../jobs.ts';
import type { ProviderClocksPort } from '../ports.ts';
import { OTHER_UNFINISHED_JOBS } from '../repositories/jobs.ts';

export interface TestClockDeps {
  readonly system: SystemDb;
  readonly providerClocks: ProviderClocksPort;
  /** Wall time after which a stop that does not come to rest fails the job; 60 s. */
  readonly settleWithinMs?: number;
  readonly pollMs?: number;
}

type Journey = RunningJob<{ from: string; to: string }>;

export function testClockJob(deps: TestClockDeps): JobHandler {
  return jobHandler({ contract: advanceTestClockJob, run: (ctx, job) => advance(ctx, deps, job) });
}

/**
 * Travels from due instant to due instant. Where it stands is the clock's own row, so a run that was killed goes on from there: the
 * provider is brought level first, and what is in flight comes to rest.
 * @throws {TestClockStuckError} when a stop does not come to rest.
 */
async function advance(ctx: UseCaseContext, deps: TestClockDeps, job: Journey): Promise<Json> {
  if (ctx.mode !== 'TEST') throw new LiveClockError();
  const [from, target] = [new Date(job.payload.from), new Date(job.payload.to)];
  let stops = 0;
  for (;;) {
    const now = await ctx.businessNow();
    await deps.providerClocks.advanceTo(ctx, now);
    await comeToRest(ctx, deps, job.id, now);
    await job.report({
      done: seconds(from, now > target ? target : now),
      total: seconds(from, target),
      message: `at ${now.toISOString()}`,
    });
    if (now >= target) return { arrivedAt: now.toISOString(), stops };

    const ours = await nextDueAt(deps.system, ctx.workspaceId);
    const theirs = await deps.providerClocks.nextChangeAt(ctx);
    const next = nextStop(now, target, [ours, theirs]);
    // Whoever has nothing due at the next stop moves first: what the other side then does happens at its own time. Moving Stripe to a
    // renewal first would open a case dated at our last stop, weeks before the renewal; moving us first to a retry would charge in Stripe's past.
    if (theirs === null || theirs > next) {
      await deps.providerClocks.advanceTo(ctx, next);
      await comeToRest(ctx, deps, job.id, now);
    }
    await ctx.transaction((tx) => moveTestClock(tx, next, ctx.wall.now()));
    stops += 1;
  }
}

/** Returns when two looks in a row found nothing on its way: work that one side finishes may just have begun on the other. */
async function comeToRest(ctx: UseCaseContext, deps: TestClockDeps, jobId: string, at: Date): Promise<void> {
  const withinMs = deps.settleWithinMs ?? 60_000;
  const deadline = performance.now() + withinMs;
  for (let quietLooks = 0; quietLooks < 2;) {
    const stuck = await whatIsInFlight(ctx, deps, jobId);
    if (stuck.length === 0) {
      quietLooks += 1;
      continue;
    }
    quietLooks = 0;
    if (performance.now() > deadline) throw new TestClockStuckError(at, stuck.join(', '), Math.round(withinMs / 1000));
    await sleep(deps.pollMs ?? 25);
  }
}

async function whatIsInFlight(ctx: UseCaseContext, deps: TestClockDeps, jobId: string): Promise<readonly string[]> {
  const settled = await deps.providerClocks.settled(ctx);
  const flight = await inFlight(deps.system, ctx.wall, ctx.workspaceId);
  const jobs = await deps.system.query<{ kind: string }>(OTHER_UNFINISHED_JOBS, [ctx.workspaceId, jobId]);
  return [
    ...(settled ? [] : ['events at the provider that are not delivered']),
    ...(isQuiet(flight)
      ? []
      : Object.entries(flight).flatMap(([what, count]: [string, number]) =>
          count > 0 ? [`${String(count)} ${what}`] : [],
        )),
    ...jobs.map(({ kind }) => `the job ${kind}`),
  ];
}

const seconds = (from: Date, to: Date): number => Math.max(0, Math.round((to.getTime() - from.getTime()) / 1000));
