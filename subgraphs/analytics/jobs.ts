import { z } from 'zod';
import { defineJob } from '#subgraphs/shared/jobs/define.ts';

/** Compares what ClickHouse was told of billing's mirror with the mirror, and mends what differs. Tried for hours: ClickHouse may be away. */
export const reconcileJob = defineJob({
  kind: 'analytics.reconcile',
  queue: 'jobs',
  payload: z.object({
    askedBy: z.object({ type: z.string(), id: z.string() }),
    /** Objects of this kind alone; null: of all kinds. */
    kind: z.string().nullable().default(null),
  }),
  attempts: 50,
});
