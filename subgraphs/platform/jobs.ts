import { z } from 'zod';
import { defineJob } from '#subgraphs/shared/jobs/define.ts';

/** Moves a TEST workspace's clock. One unfinished job per workspace; where it stands is the clock's own row, so it needs no checkpoint. */
export const advanceTestClockJob = defineJob({
  kind: 'platform.advance-test-clock',
  queue: 'clocks',
  // Business instants as ISO text; `from` is where progress is counted from, not where a resumed run begins.
  payload: z.object({ from: z.iso.datetime(), to: z.iso.datetime() }),
  attempts: 5,
});

const names = z.array(z.string()).nullish();

/** Puts kept deliveries back to be applied again. The window is closed when it is asked for, so that it ends under live traffic. */
export const replayInboxJob = defineJob({
  kind: 'platform.replay-inbox-events',
  queue: 'jobs',
  payload: z.object({
    ids: names,
    states: names,
    types: names,
    objectId: z.string().nullish(),
    account: z.string().nullish(),
    since: z.iso.datetime().nullish(),
    until: z.iso.datetime(),
    matched: z.number().int(),
  }),
  attempts: 10,
});
