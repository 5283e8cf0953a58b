import { z } from 'zod';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { NotFoundError, ValidationError } from '#subgraphs/shared/errors/errors.ts';
import {
  countDeliveries,
  type DeliveryCount,
  type DeliveryFilter,
  replayDeliveries,
} from '#subgraphs/shared/inbox/replay.ts';
import { jobHandler, type JobHandler, type RunningJob } from '#subgraphs/shared/jobs/define.ts';
import type { Json } from '#subgraphs/shared/json/json.ts';
import type { Job } from '../domain/job.ts';
import { replayInboxJob } from '../jobs.ts';
import { jobById } from '../repositories/jobs.ts';

/** Deliveries that are put back in one transaction. */
const CHUNK = 500;

export interface InboxReplay {
  /** Deliveries that will be, or would be, applied again. */
  readonly matched: number;
  /** Of the matching ones, those whose body could not be read: they stay as they are. */
  readonly unreadable: number;
  readonly counts: readonly DeliveryCount[];
  /** Null for a dry run, and when there is nothing to replay. */
  readonly job: Job | null;
}

/**
 * Has kept deliveries applied again, as if they had just come in, with all their attempts; the job has succeeded when they are back in the queue.
 * Harmless at any time: what the mirror knows better stays, and what was announced is not announced again. A dry run only counts.
 * @throws {ValidationError} for a filter that restricts nothing, an empty text, or a window that ends before it begins.
 */
export async function replayInboxEvents(
  ctx: UseCaseContext,
  { dryRun, ...filter }: DeliveryFilter & { readonly dryRun: boolean },
): Promise<InboxReplay> {
  if (Object.values(filter).every((condition) => condition === null || condition === undefined))
    throw new ValidationError('Say which deliveries: by id, state, type, object, account or window.', 'input');
  for (const name of ['objectId', 'account'] as const)
    if (filter[name] === '')
      throw new ValidationError(`\`${name}\` is empty. Leave it out, or say which.`, `input.${name}`);
  if (filter.since && filter.until && filter.since >= filter.until)
    throw new ValidationError('`until` must lie after `since`.', 'input.until');
  return ctx.transaction(async (tx) => {
    // Just past now: what came in within this millisecond is meant too.
    const until = earlier(filter.until, new Date(ctx.wall.now().getTime() + 1));
    const counts = (await countDeliveries(tx, { ...filter, until })).filter(({ state }) => state !== 'RECEIVED');
    const sum = (of: (row: DeliveryCount) => boolean): number =>
      counts.filter(of).reduce((total, { count }) => total + count, 0);
    const [matched, unreadable] = [sum(({ type }) => type !== null), sum(({ type }) => type === null)];
    if (dryRun || matched === 0) return { matched, unreadable, counts, job: null };
    const since = filter.since?.toISOString();
    const { jobId } = await tx.enqueueJob(replayInboxJob, {
      ...filter,
      ids: filter.ids && [...filter.ids],
      states: filter.states && [...filter.states],
      types: filter.types && [...filter.types],
      since,
      until: until.toISOString(),
      matched,
    });
    tx.changed(jobId);
    const job = await jobById(tx.db, ctx.workspaceId, jobId);
    if (job === null) throw new NotFoundError('Job', jobId);
    return { matched, unreadable, counts, job };
  });
}

const earlier = (asked: Date | null | undefined, now: Date): Date => (asked && asked < now ? asked : now);

const checkpoint = z.object({ after: z.string(), replayed: z.number().int() }).nullable();

export const replayInbox: JobHandler = jobHandler({ contract: replayInboxJob, run: replay });

async function replay(ctx: UseCaseContext, job: RunningJob<z.output<typeof replayInboxJob.payload>>): Promise<Json> {
  const { matched, since, until, ...filter } = job.payload;
  const window = { ...filter, since: since ? new Date(since) : null, until: new Date(until) };
  const from = checkpoint.parse(job.checkpoint);
  let [after, done] = [from?.after ?? null, from?.replayed ?? 0];
  do {
    // One transaction with its checkpoint: what is back is not put back twice by a run that was broken off.
    after = await ctx.transaction(async (tx) => {
      const { replayed, last } = await replayDeliveries(tx, window, after, CHUNK);
      done += replayed;
      await job.report({
        done,
        total: Math.max(matched, done),
        message: `${String(done)} deliveries are back in the queue`,
        ...(last === null ? {} : { checkpoint: { after: last, replayed: done } }),
      });
      return last;
    });
  } while (after !== null);
  return { replayed: done };
}
