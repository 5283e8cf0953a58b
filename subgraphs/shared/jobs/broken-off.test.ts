import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import type { Json } from '../json/json.ts';
import { silentLogger } from '../logging/logger.ts';
import { createHarness, type Harness } from '../testing/harness.ts';
import { MAX_INTERRUPTIONS } from './broken-off.ts';
import { defineJob, jobHandler, type RunningJob } from './define.ts';
import { jobLane } from './run.ts';

const stepJob = defineJob({ kind: 'test.step', queue: 'jobs', payload: z.object({}), attempts: 3 });

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

interface Kept {
  readonly state: string;
  readonly result: Json;
  readonly error: string | null;
}

/** A job whose holder does `steps` more steps in each of its lives, and then dies or fails; after the last one it succeeds. */
interface Life {
  readonly steps: number;
  readonly end: 'killed' | 'fails';
}

async function live(lives: readonly Life[]): Promise<Kept | undefined> {
  const { contexts, system, wall } = harness;
  const workspaceId = await harness.newWorkspace();
  const { jobId } = await harness.context(workspaceId).transaction((tx) => tx.enqueueJob(stepJob, {}));
  let testIsOver: (value: undefined) => void = () => undefined;
  const never = new Promise<undefined>((resolve) => (testIsOver = resolve));
  let [life, dead] = [-1, (): void => undefined];
  const run = async (_ctx: unknown, job: RunningJob<object>): Promise<Json | undefined> => {
    life += 1;
    const { steps, end } = lives[life] ?? { steps: 0, end: 'succeeds' };
    const from = Number(job.checkpoint ?? 0);
    for (let step = from + 1; step <= from + steps; step += 1) await job.report({ done: step, checkpoint: step });
    if (end === 'succeeds') return { lives: life + 1 };
    if (end === 'fails') throw new Error('trouble');
    dead(); // Nothing more is heard of it.
    return never;
  };
  const handlers = [jobHandler({ contract: stepJob, run })];
  const lane = jobLane({ handlers, contexts, system, wall, log: silentLogger, leaseMs: 60_000 });
  const isDue = async (): Promise<boolean> => (await lane.due()).some(({ detail }) => detail === jobId);
  const drains: Promise<void>[] = [];
  while (await isDue()) {
    const silent = new Promise<void>((resolve) => (dead = resolve));
    const drained = lane.drain(workspaceId, jobId);
    drains.push(drained);
    await Promise.race([silent, drained]);
    wall.advance({ minutes: 40 }); // longer than every lease and pause
  }
  const { rows } = await harness.admin.query<Kept>('SELECT state, result, error FROM kernel.job WHERE id = $1', [
    jobId,
  ]);
  testIsOver(undefined);
  await Promise.all(drains);
  return rows[0];
}

describe('a job that is broken off again and again', () => {
  it('is given up when it got nowhere: it may be what ends its workers', async () => {
    const killed = (times: number): Life[] => Array.from({ length: times }, () => ({ steps: 0, end: 'killed' }));
    expect(await live(killed(MAX_INTERRUPTIONS))).toMatchObject({ state: 'SUCCEEDED', result: { lives: 21 } });
    expect(await live(killed(MAX_INTERRUPTIONS + 1))).toMatchObject({
      state: 'FAILED',
      error: 'The work could not be finished. It is safe to ask for it again.',
    });
  });

  it('is left alone for twice as long each time, up to 32 leases', async () => {
    const { contexts, system, wall } = harness;
    const workspaceId = await harness.newWorkspace();
    const { jobId } = await harness.context(workspaceId).transaction((tx) => tx.enqueueJob(stepJob, {}));
    let [taken, testIsOver] = [(): void => undefined, (): void => undefined];
    const never = new Promise<undefined>((resolve) => (testIsOver = () => resolve(undefined)));
    const run = async (): Promise<undefined> => {
      taken();
      return never;
    };
    const handlers = [jobHandler({ contract: stepJob, run })];
    const leaseMs = 60_000;
    const lane = jobLane({ handlers, contexts, system, wall, log: silentLogger, leaseMs });
    const isDue = async (): Promise<boolean> => (await lane.due()).some(({ detail }) => detail === jobId);
    const drains: Promise<void>[] = [];
    for (const leases of [1, 2, 4, 8, 16, 32, 32]) {
      const begun = new Promise<void>((resolve) => (taken = resolve));
      drains.push(lane.drain(workspaceId, jobId));
      await begun;
      wall.advance({ ms: leases * leaseMs - 1 });
      expect([leases, await isDue()]).toEqual([leases, false]);
      wall.advance({ ms: 1 });
      expect([leases, await isDue()]).toEqual([leases, true]);
    }
    testIsOver();
    await Promise.all(drains);
  });

  it('never fails for being killed while it gets on, and for failures as its contract says', async () => {
    const anyLife = fc.record({
      steps: fc.integer({ min: 0, max: 2 }),
      end: fc.constantFrom<Life['end']>('killed', 'killed', 'fails'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyLife, { maxLength: 24 }), async (lives) => {
        let [failures, interruptions] = [0, 0];
        const over = lives.findIndex(({ steps, end }) => {
          if (steps > 0) [failures, interruptions] = [0, 0];
          if (end === 'killed') interruptions += 1;
          else failures += 1;
          return failures === stepJob.attempts || interruptions > MAX_INTERRUPTIONS;
        });
        expect((await live(lives))?.state).toBe(over === -1 ? 'SUCCEEDED' : 'FAILED');
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});
