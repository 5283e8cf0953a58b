import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import type { Job } from '../domain/job.ts';
import { MAX_ADVANCE_YEARS, refusalToAdvance } from '../domain/test-clock.ts';
import { ClockMovingError, ClockTargetError, LiveClockError } from '../errors.ts';
import { testClockAdvanceRequested } from '../events.ts';
import { advanceTestClockJob } from '../jobs.ts';
import { jobById, journeyTarget } from '../repositories/jobs.ts';

/**
 * Begins to move a TEST workspace's business time to `to`; the job has arrived when it has succeeded. Asking again for the same instant
 * while the job is under way returns that job.
 * @throws {LiveClockError} in a LIVE workspace.
 * @throws {ClockTargetError} for an instant in the past, or more than two years ahead.
 * @throws {ClockMovingError} while the clock is on its way to another instant.
 */
export async function advanceTestClock(ctx: UseCaseContext, input: { readonly to: Date }): Promise<Job> {
  if (ctx.mode !== 'TEST') throw new LiveClockError();
  return ctx.transaction(async (tx) => {
    const refusal = refusalToAdvance(tx.now, input.to);
    if (refusal !== null) throw new ClockTargetError(refusal, tx.now, MAX_ADVANCE_YEARS);

    const journey = { from: tx.now.toISOString(), to: input.to.toISOString() };
    const { jobId, created } = await tx.enqueueJob(advanceTestClockJob, journey, { uniqueKey: 'test-clock' });
    if (created)
      await tx.publish(testClockAdvanceRequested({ subjectId: ctx.workspaceId, payload: { jobId, ...journey } }));
    else if ((await journeyTarget(tx.db, ctx.workspaceId, jobId)) !== journey.to) throw new ClockMovingError(jobId);

    const job = await jobById(tx.db, ctx.workspaceId, jobId);
    if (job === null) throw new NotFoundError('Job', jobId);
    return job;
  });
}
