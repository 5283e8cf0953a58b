import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConflictError } from '../errors/errors.ts';
import type { Json } from '../json/json.ts';
import { silentLogger } from '../logging/logger.ts';
import { createHarness, type Harness } from '../testing/harness.ts';
import { defineJob, type JobHandler, jobHandler, type RunningJob } from './define.ts';
import type { Lane } from './lane.ts';
import { jobLane } from './run.ts';

const LEASE_MS = 60_000;
const countJob = defineJob({ kind: 'test.count', queue: 'jobs', payload: z.object({ to: z.number() }), attempts: 3 });
type CountJob = RunningJob<{ to: number }>;

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

const laneOf = (run: (job: CountJob) => Promise<Json | undefined>): Lane =>
  jobLane({
    handlers: [jobHandler({ contract: countJob, run: (_ctx, job) => run(job) }) satisfies JobHandler],
    contexts: harness.contexts,
    system: harness.system,
    wall: harness.wall,
    log: silentLogger,
    leaseMs: LEASE_MS,
  });

async function enqueue(workspaceId: string, uniqueKey?: string): Promise<{ jobId: string; created: boolean }> {
  return harness
    .context(workspaceId)
    .transaction((tx) => tx.enqueueJob(countJob, { to: 3 }, uniqueKey === undefined ? {} : { uniqueKey }));
}

interface Kept {
  state: string;
  done: string;
  total: string | null;
  message: string | null;
  checkpoint: Json;
  result: Json;
  error: string | null;
  attempts: number;
}

async function kept(jobId: string): Promise<Kept | undefined> {
  const { rows } = await harness.admin.query<Kept>(
    'SELECT state, done, total, message, checkpoint, result, error, attempts FROM kernel.job WHERE id = $1',
    [jobId],
  );
  return rows[0];
}

async function announced(jobId: string): Promise<string[]> {
  const { rows } = await harness.admin.query<{ type: string; payload: { state: string; done: string } }>(
    'SELECT e.type, e.payload FROM kernel.event e JOIN kernel.event_outbox USING (workspace_id) WHERE event_id = e.id AND subject_id = $1 ORDER BY ordinal',
    [jobId],
  );
  return rows.map(({ type, payload }) => `${type} ${payload.state} ${payload.done}`);
}

const isDue = async (lane: Lane, jobId: string): Promise<boolean> =>
  (await lane.due()).some(({ detail }) => detail === jobId);

describe('a job', () => {
  it('runs once, tells its progress and its end, and keeps its result', async () => {
    const workspaceId = await harness.newWorkspace();
    const { jobId } = await enqueue(workspaceId);
    let runs = 0;
    const lane = laneOf(async (job) => {
      runs += 1;
      for (let done = 1; done <= job.payload.to; done += 1) await job.report({ done, total: job.payload.to });
      return { counted: job.payload.to };
    });
    expect(await isDue(lane, jobId)).toBe(true);
    await Promise.all([lane.drain(workspaceId, jobId), lane.drain(workspaceId, jobId)]);
    await lane.drain(workspaceId, jobId);
    expect(runs).toBe(1);
    expect(await isDue(lane, jobId)).toBe(false);
    expect(await kept(jobId)).toMatchObject({
      state: 'SUCCEEDED',
      done: '3',
      total: '3',
      result: { counted: 3 },
      error: null,
      attempts: 1,
    });
    expect(await announced(jobId)).toEqual([
      'platform.job.progressed RUNNING 1',
      'platform.job.progressed RUNNING 2',
      'platform.job.progressed RUNNING 3',
      'platform.job.finished SUCCEEDED 3',
    ]);
  });

  it('keeps what an earlier report said when a later one says less', async () => {
    const workspaceId = await harness.newWorkspace();
    const { jobId } = await enqueue(workspaceId);
    await laneOf(async (job) => {
      await job.report({ done: 1, total: 3, message: 'customers', checkpoint: { page: 1 } });
      await job.report({ done: 2 });
      return undefined;
    }).drain(workspaceId, jobId);
    expect(await kept(jobId)).toMatchObject({
      done: '2',
      total: '3',
      message: 'customers',
      checkpoint: { page: 1 },
      result: null,
    });
  });

  it('whose payload does not fit its contract is not kept', async () => {
    const workspaceId = await harness.newWorkspace();
    await expect(
      harness.context(workspaceId).transaction((tx) => tx.enqueueJob(countJob, { to: 'many' } as never)),
    ).rejects.toThrow(/expected number/);
    expect((await harness.admin.query('SELECT FROM kernel.job WHERE workspace_id = $1', [workspaceId])).rowCount).toBe(
      0,
    );
  });
});

describe('a job whose holder was taken for dead', () => {
  /** Carries on from the checkpoint, one step a turn; the first holder falls silent after its first report until it is let go. */
  function sleeper(end: (job: CountJob) => Promise<Json | undefined>): {
    run: (job: CountJob) => Promise<Json | undefined>;
    asleep: Promise<void>;
    wake: () => void;
    steps: string[];
  } {
    const steps: string[] = [];
    let [fallAsleep, wake] = [(): void => undefined, (): void => undefined];
    const asleep = new Promise<void>((resolve) => (fallAsleep = resolve));
    const woken = new Promise<void>((resolve) => (wake = resolve));
    let holders = 0;
    const run = async (job: CountJob): Promise<Json | undefined> => {
      const holder = `holder ${String((holders += 1))}`;
      const from = (job.checkpoint as { done: number } | null)?.done ?? 0;
      for (let done = from + 1; done <= job.payload.to; done += 1) {
        await job.report({ done, checkpoint: { done } });
        steps.push(`${holder} did ${String(done)}`);
        if (holder !== 'holder 1') continue;
        fallAsleep();
        await woken;
        return end(job);
      }
      return { by: holder };
    };
    return { run, asleep, wake, steps };
  }

  const LATE: { last: string; end: (job: CountJob) => Promise<Json | undefined> }[] = [
    { last: 'reports', end: (job) => job.report({ done: 99 }).then(() => ({ by: 'the slow one' })) },
    { last: 'finishes', end: () => Promise.resolve({ by: 'the slow one' }) },
    { last: 'fails', end: () => Promise.reject(new Error('trouble of the slow one')) },
    { last: 'is refused', end: () => Promise.reject(new ConflictError('The slow one was refused.')) },
  ];

  it.each(LATE)(
    'goes on from its checkpoint elsewhere, and a first holder that $last late changes nothing',
    async ({ end }) => {
      const workspaceId = await harness.newWorkspace();
      const { jobId } = await enqueue(workspaceId);
      const { run, asleep, wake, steps } = sleeper(end);
      const lane = laneOf(run);
      const slow = lane.drain(workspaceId, jobId);
      await asleep;
      harness.wall.advance({ ms: LEASE_MS - 1 });
      expect(await isDue(lane, jobId)).toBe(false);
      harness.wall.advance({ ms: 1 });
      expect(await isDue(lane, jobId)).toBe(true);
      await lane.drain(workspaceId, jobId);
      wake();
      await slow;
      expect(steps).toEqual(['holder 1 did 1', 'holder 2 did 2', 'holder 2 did 3']);
      expect(await kept(jobId)).toMatchObject({
        state: 'SUCCEEDED',
        done: '3',
        result: { by: 'holder 2' },
        error: null,
        attempts: 2,
      });
      expect(await announced(jobId)).toEqual([
        'platform.job.progressed RUNNING 1',
        'platform.job.progressed RUNNING 2',
        'platform.job.progressed RUNNING 3',
        'platform.job.finished SUCCEEDED 3',
      ]);
      expect(await isDue(lane, jobId)).toBe(false);
    },
  );

  it.each(LATE)('stays with its successor when the first holder $last while that one is at work', async ({ end }) => {
    const workspaceId = await harness.newWorkspace();
    const { jobId } = await enqueue(workspaceId);
    const first = sleeper(end);
    const slow = laneOf(first.run).drain(workspaceId, jobId);
    await first.asleep;
    harness.wall.advance({ ms: LEASE_MS });
    let during: Kept | undefined;
    await laneOf(async (job) => {
      first.wake();
      await slow;
      during = await kept(job.id);
      return { by: 'the successor' };
    }).drain(workspaceId, jobId);
    expect(during).toMatchObject({ state: 'RUNNING', done: '1', result: null, attempts: 2 });
    expect(await kept(jobId)).toMatchObject({ state: 'SUCCEEDED', result: { by: 'the successor' }, attempts: 2 });
  });
});

describe('a job that fails', () => {
  /** Drains, minutes apart, until nobody comes for it any more. @returns how often it was due. */
  async function driveToTheEnd(lane: Lane, workspaceId: string, jobId: string): Promise<number> {
    let turns = 0;
    for (; turns < 10 && (await isDue(lane, jobId)); turns += 1) {
      await lane.drain(workspaceId, jobId);
      harness.wall.advance({ minutes: 6 });
    }
    return turns;
  }

  it.each([
    {
      because: 'of a bug, without the bug’s own words',
      error: new TypeError("Cannot read properties of undefined (reading 'sk_live_secret')"),
      shown: 'The work could not be finished. It is safe to ask for it again.',
    },
  ])('because $because, is tried as often as its contract says and then FAILED', async ({ error, shown }) => {
    const workspaceId = await harness.newWorkspace();
    const { jobId } = await enqueue(workspaceId);
    let runs = 0;
    const lane = laneOf(() => {
      runs += 1;
      return Promise.reject(error);
    });
    expect(await driveToTheEnd(lane, workspaceId, jobId)).toBe(3);
    expect(runs).toBe(3);
    expect(await kept(jobId)).toMatchObject({ state: 'FAILED', error: shown, result: null, attempts: 3 });
    expect(await announced(jobId)).toEqual(['platform.job.finished FAILED 0']);
  });

  it('waits before it is tried again, goes on from its checkpoint and shows no error once it succeeded', async () => {
    const workspaceId = await harness.newWorkspace();
    const { jobId } = await enqueue(workspaceId);
    const checkpoints: Json[] = [];
    const lane = laneOf(async (job) => {
      checkpoints.push(job.checkpoint);
      await job.report({ done: checkpoints.length, checkpoint: { page: checkpoints.length } });
      if (checkpoints.length < 3) throw new Error('trouble');
      return 'done';
    });
    await lane.drain(workspaceId, jobId);
    expect(await kept(jobId)).toMatchObject({ state: 'QUEUED', attempts: 1, error: null });
    // Half a second at first, up to a fifth more; then twice as long.
    for (const { waitMs, due } of [
      { waitMs: 499, due: false },
      { waitMs: 101, due: true },
      { waitMs: 999, due: false },
      { waitMs: 201, due: true },
    ]) {
      harness.wall.advance({ ms: waitMs });
      expect(await isDue(lane, jobId)).toBe(due);
      await lane.drain(workspaceId, jobId);
    }
    expect(checkpoints).toEqual([null, { page: 1 }, { page: 2 }]);
    expect(await kept(jobId)).toMatchObject({ state: 'SUCCEEDED', result: 'done', error: null, attempts: 3 });
  });

  it('because it is refused ends at once with the refusal’s message', async () => {
    const workspaceId = await harness.newWorkspace();
    const { jobId } = await enqueue(workspaceId);
    const lane = laneOf(() =>
      Promise.reject(new ConflictError('The connection was ended. Connect again.', { internal: 'conn_1 of acct_1' })),
    );
    expect(await driveToTheEnd(lane, workspaceId, jobId)).toBe(1);
    expect(await kept(jobId)).toMatchObject({
      state: 'FAILED',
      error: 'The connection was ended. Connect again.',
      attempts: 1,
    });
  });

  it('because nobody knows its kind is not lost before its attempts are used up', async () => {
    const workspaceId = await harness.newWorkspace();
    const { jobId } = await enqueue(workspaceId);
    const nobody = jobLane({ ...harness, log: silentLogger, handlers: [], leaseMs: LEASE_MS });
    await nobody.drain(workspaceId, jobId);
    expect(await kept(jobId)).toMatchObject({ state: 'QUEUED', attempts: 1 });
    harness.wall.advance({ minutes: 1 });
    await laneOf(() => Promise.resolve('done')).drain(workspaceId, jobId);
    expect(await kept(jobId)).toMatchObject({ state: 'SUCCEEDED' });
  });
});

describe('a unique key', () => {
  it('holds one unfinished job, also when asked for twice at once, and a new one once that is over', async () => {
    const workspaceId = await harness.newWorkspace();
    const asked = await Promise.all([enqueue(workspaceId, 'conn_1'), enqueue(workspaceId, 'conn_1')]);
    expect(new Set(asked.map(({ jobId }) => jobId)).size).toBe(1);
    expect(asked.filter(({ created }) => created)).toHaveLength(1);
    const jobId = asked[0].jobId;

    const during: { jobId: string; created: boolean }[] = [];
    await laneOf(async () => {
      during.push(await enqueue(workspaceId, 'conn_1'));
      return undefined;
    }).drain(workspaceId, jobId);
    expect(during).toEqual([{ jobId, created: false }]);

    const next = await enqueue(workspaceId, 'conn_1');
    expect(next).toEqual({ jobId: expect.not.stringContaining(jobId), created: true });
    expect(await enqueue(workspaceId, 'conn_1')).toEqual({ jobId: next.jobId, created: false });
  });

  it('is one per workspace and kind, and jobs without one never meet', async () => {
    const [a, b] = [await harness.newWorkspace(), await harness.newWorkspace()];
    const otherKind = { ...countJob, kind: 'test.other' };
    const asked = [
      await enqueue(a, 'k'),
      await enqueue(b, 'k'),
      await harness.context(a).transaction((tx) => tx.enqueueJob(otherKind, { to: 1 }, { uniqueKey: 'k' })),
      await enqueue(a),
      await enqueue(a),
    ];
    expect(asked.map(({ created }) => created)).toEqual([true, true, true, true, true]);
  });
});
