import { z } from 'zod';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import { cursorOf } from '#subgraphs/shared/events/cursor.ts';
import type { EventLog, LoggedEvent } from '#subgraphs/shared/events/log.ts';
import { isFinished, type Job, type JobState } from '../domain/job.ts';
import { streamHead } from '../repositories/event-log.ts';
import { jobById } from '../repositories/jobs.ts';

export interface JobProgress {
  readonly cursor: string;
  readonly jobId: string;
  readonly state: JobState;
  readonly done: bigint;
  readonly total: bigint | null;
  readonly message: string | null;
}

export interface FollowJob {
  readonly jobId: string;
  /** The last cursor that was seen. Without it the first answer is the job as it stands. */
  readonly after?: string | null | undefined;
}

// Written by the kernel's job runner.
const TYPES = ['platform.job.progressed', 'platform.job.finished'];
const payload = z.object({
  jobId: z.string(),
  state: z.enum(['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED']),
  done: z.coerce.bigint(),
  total: z.coerce.bigint().nullable(),
  message: z.string().nullable(),
});

/**
 * The progress of one job, ending when the job ends. Nothing is missed between the first answer and the events after it: the place in the
 * log is read before the job is.
 * @throws {NotFoundError} for a job that is not in this workspace.
 */
export async function followJob(
  ctx: UseCaseContext,
  events: EventLog,
  { jobId, after }: FollowJob,
): Promise<AsyncIterableIterator<JobProgress>> {
  const { workspaceId } = ctx;
  const head = await streamHead(ctx.db, workspaceId);
  const job = await jobById(ctx.db, workspaceId, jobId);
  if (job === null) throw new NotFoundError('Job', jobId);

  const leaving = new AbortController();
  const start = after ?? cursorOf(workspaceId, head);
  const first = after ? [] : [stateOf(job, start)];
  const progress = followFrom(
    events.follow(workspaceId, { types: TYPES, after: start, signal: leaving.signal }),
    jobId,
    first,
  );
  const followed: AsyncIterableIterator<JobProgress> = {
    next: () => progress.next(),
    // A generator that waits for the next event hears of a return only after it: the signal ends the waiting.
    return: async () => {
      leaving.abort();
      return progress.return(undefined);
    },
    [Symbol.asyncIterator]: () => followed,
  };
  return followed;
}

async function* followFrom(
  log: AsyncIterableIterator<LoggedEvent>,
  jobId: string,
  first: readonly JobProgress[],
): AsyncGenerator<JobProgress, undefined> {
  for (const progress of first) {
    yield progress;
    if (isFinished(progress.state)) return;
  }
  for await (const { event, cursor } of log) {
    if (event.subjectId !== jobId) continue;
    const progress = { ...payload.parse(event.payload), cursor };
    yield progress;
    if (isFinished(progress.state)) return;
  }
}

const stateOf = ({ id, state, done, total, message }: Job, cursor: string): JobProgress => ({
  cursor,
  jobId: id,
  state,
  done,
  total,
  message,
});
