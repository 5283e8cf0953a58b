import { jobHandler, type JobHandler } from '#subgraphs/shared/jobs/define.ts';
import { backfillCompleted } from '../../events.ts';
import { backfillJob } from '../../jobs.ts';
import { applyPages } from './apply-pages.ts';
import { readAccount, type ReadAccountDeps } from './read-account.ts';

/** Reads a whole account into the mirror. What it meets for the first time is history, and announced to nobody. */
export function createBackfillJob(deps: ReadAccountDeps): JobHandler {
  return jobHandler({
    contract: backfillJob,
    run: async (ctx, job) => {
      const { connectionId } = job.payload;
      const { counts, refused } = await readAccount(
        ctx,
        deps,
        job,
        'BACKFILL',
        async (reading, tx, pass, pages) => {
          await applyPages(reading, tx, pass.kind, pages);
          return [];
        },
        async (tx, at) => {
          await tx.publish(
            backfillCompleted({ subjectId: connectionId, payload: { connectionId, counts: at.counts } }),
          );
        },
      );
      return { counts, ...(Object.keys(refused).length > 0 ? { refused } : {}) };
    },
  });
}
