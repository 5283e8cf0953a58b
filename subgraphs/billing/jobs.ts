import { z } from 'zod';
import { defineJob } from '#subgraphs/shared/jobs/define.ts';

const connection = z.object({ connectionId: z.string() });

/** Reads a whole account into the mirror. */
export const backfillJob = defineJob({
  kind: 'billing.backfill',
  queue: 'jobs',
  payload: connection,
  attempts: 25,
});

/** Asks Stripe for the events of the time since the last one, and keeps those that never came. */
export const catchUpJob = defineJob({
  kind: 'billing.catch-up',
  queue: 'jobs',
  payload: connection,
  attempts: 25,
});

/** Compares the mirror with the account, and mends what differs. */
export const compareJob = defineJob({
  kind: 'billing.compare',
  queue: 'jobs',
  payload: connection,
  attempts: 25,
});

/** Reads what has moved the balance since the last time, and what was paid out in payouts. */
export const readLedgerJob = defineJob({
  kind: 'billing.read-ledger',
  queue: 'jobs',
  payload: connection,
  attempts: 25,
});

/** Reads one object whose events could not be ordered. */
export const refetchJob = defineJob({
  kind: 'billing.refetch',
  queue: 'jobs',
  payload: z.object({ requestId: z.string() }),
  attempts: 25,
});
