import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ProviderUnavailableError } from '../errors/errors.ts';
import type { Json } from '../json/json.ts';
import { silentLogger } from '../logging/logger.ts';
import { createHarness, type Harness } from '../testing/harness.ts';
import { defineJob, jobHandler } from './define.ts';
import { jobLane } from './run.ts';

const askJob = defineJob({ kind: 'test.ask', queue: 'jobs', payload: z.object({}), attempts: 3 });

let harness: Harness;
let workspaceId: string;
let jobId: string;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});
beforeEach(async () => {
  workspaceId = await harness.newWorkspace();
  ({ jobId } = await harness.context(workspaceId).transaction((tx) => tx.enqueueJob(askJob, {})));
});

const away = (retryAfterS?: number): Error =>
  new ProviderUnavailableError('stripe', 'Stripe did not answer. Try again later.', { retryAfterS });

/** Takes a turn at each of so many moments. */
async function turns(
  count: number,
  apart: { hours?: number; minutes: number },
  run: () => Promise<Json>,
): Promise<void> {
  const { contexts, system, wall } = harness;
  const handlers = [jobHandler({ contract: askJob, run })];
  const lane = jobLane({ handlers, contexts, system, wall, log: silentLogger, leaseMs: 60_000 });
  for (let turn = 0; turn < count; turn += 1) {
    await lane.drain(workspaceId, jobId);
    wall.advance(apart);
  }
}

async function kept(): Promise<{ state: string; attempts: number; error: string | null } | undefined> {
  const { rows } = await harness.admin.query<{ state: string; attempts: number; error: string | null }>(
    'SELECT state, attempts, error FROM kernel.job WHERE id = $1',
    [jobId],
  );
  return rows[0];
}

describe('a job that meets an outage', () => {
  it('outlasts it, with all its attempts left', async () => {
    let runs = 0;
    await turns(23, { minutes: 6 }, () => {
      runs += 1;
      if (runs <= 20) return Promise.reject(away());
      // Two bugs on top of that are not too many of three.
      return runs <= 22 ? Promise.reject(new Error('a bug')) : Promise.resolve({ done: true });
    });
    expect(await kept()).toMatchObject({ state: 'SUCCEEDED', attempts: 23 });
  });

  it('is given up after three days of it, with a word about it', async () => {
    const run = (): Promise<Json> => Promise.reject(away());
    await turns(9, { hours: 7, minutes: 59 }, run);
    expect(await kept()).toMatchObject({ state: 'QUEUED' });
    harness.wall.advance({ minutes: 30 });
    await turns(3, { minutes: 6 }, run);
    expect(await kept()).toMatchObject({ state: 'FAILED', error: 'Stripe did not answer. Try again later.' });
  });

  it('is not taken up before the provider’s own word', async () => {
    const run = (): Promise<Json> => Promise.reject(away(50));
    await turns(1, { minutes: 0 }, run);
    harness.wall.advance({ seconds: 49 });
    await turns(1, { minutes: 0 }, run);
    expect(await kept()).toMatchObject({ state: 'QUEUED', attempts: 1 });
    harness.wall.advance({ seconds: 12 });
    await turns(1, { minutes: 0 }, run);
    expect(await kept()).toMatchObject({ state: 'QUEUED', attempts: 2 });
  });
});
