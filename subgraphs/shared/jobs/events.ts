import { z } from 'zod';
import { defineEvent } from '../events/define.ts';

const payload = z.object({
  jobId: z.string(),
  kind: z.string(),
  state: z.enum(['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED']),
  done: z.string(),
  total: z.string().nullable(),
  message: z.string().nullable(),
});

export const jobProgressed = defineEvent({ type: 'platform.job.progressed', version: 1, subject: 'Job', payload });
export const jobFinished = defineEvent({ type: 'platform.job.finished', version: 1, subject: 'Job', payload });
