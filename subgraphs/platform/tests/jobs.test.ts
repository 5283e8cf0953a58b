import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, subscribe, type ExecutionResult } from 'graphql';
import { inWorkspace } from '#subgraphs/shared/db/workspace-scope.ts';
import { numberBatch } from '#subgraphs/shared/events/dispatcher.ts';
import { jobFinished, jobProgressed } from '#subgraphs/shared/jobs/events.ts';
import { asKey, createPlatformBench, type PlatformBench, type Side } from './factories.ts';

let bench: PlatformBench;
beforeAll(async () => {
  bench = await createPlatformBench();
});
afterAll(async () => {
  await bench.close();
});

interface Progress {
  readonly cursor: string;
  readonly state: string;
  readonly done: string;
}

async function newJob(side: Side, kind = 'billing.backfill'): Promise<string> {
  const id = bench.harness.contextDeps.ids.next('job');
  await bench.harness.admin.query(
    "INSERT INTO kernel.job (workspace_id, id, kind, queue, payload, state, total, max_attempts, created_at) VALUES ($1, $2, $3, 'jobs', '{}', 'QUEUED', 10, 1, now())",
    [side.workspaceId, id, kind],
  );
  return id;
}

/** What the job runner writes at a step. */
async function step(side: Side, jobId: string, state: 'RUNNING' | 'SUCCEEDED', done: number): Promise<void> {
  await bench.harness.context(side.workspaceId).transaction(async (tx) => {
    await tx.db.job.update({
      where: { workspaceId_id: { workspaceId: side.workspaceId, id: jobId } },
      data: { state, done },
    });
    const event = state === 'RUNNING' ? jobProgressed : jobFinished;
    await tx.publish(
      event({
        subjectId: jobId,
        payload: { jobId, kind: 'billing.backfill', state, done: String(done), total: '10', message: null },
      }),
    );
  });
  const { system, bus, wall, contextDeps } = bench.harness;
  await numberBatch(system.pool, {
    wake: () => Promise.resolve(),
    system,
    consumers: [],
    bus,
    wall,
    log: contextDeps.log,
  });
}

async function follow(side: Side, jobId: string, after?: string): Promise<AsyncIterableIterator<ExecutionResult>> {
  const document = parse(
    'subscription ($jobId: ID!, $after: String) { jobProgress(jobId: $jobId, after: $after) { cursor state done total job { kind } } }',
  );
  const contextValue = bench.harness.graphContext(asKey(side));
  const stream = await inWorkspace(side.workspaceId, async () =>
    subscribe({ schema: bench.platform.schema, document, variableValues: { jobId, after }, contextValue }),
  );
  if (!(Symbol.asyncIterator in stream)) throw stream.errors?.[0]?.originalError ?? new Error('refused');
  return stream as AsyncIterableIterator<ExecutionResult>;
}

async function next(side: Side, stream: AsyncIterableIterator<ExecutionResult>): Promise<Progress | 'the end'> {
  const step = await inWorkspace(side.workspaceId, () => stream.next());
  return step.done === true ? 'the end' : (step.value.data?.['jobProgress'] as Progress);
}

describe('jobProgress', () => {
  it('begins with the job as it stands, tells every step, and ends with the job', async () => {
    const { test: side } = await bench.newPair();
    const [jobId, other] = [await newJob(side), await newJob(side)];
    const stream = await follow(side, jobId);
    expect(await next(side, stream)).toMatchObject({
      state: 'QUEUED',
      done: '0',
      total: '10',
      job: { kind: 'billing.backfill' },
    });
    await step(side, other, 'RUNNING', 9);
    await step(side, jobId, 'RUNNING', 4);
    await step(side, jobId, 'SUCCEEDED', 10);
    expect(await next(side, stream)).toMatchObject({ state: 'RUNNING', done: '4' });
    expect(await next(side, stream)).toMatchObject({ state: 'SUCCEEDED', done: '10' });
    expect(await next(side, stream)).toBe('the end');
  });

  it('goes on behind the last cursor: nothing missed, nothing repeated', async () => {
    const { test: side } = await bench.newPair();
    const jobId = await newJob(side);
    const first = await follow(side, jobId);
    await next(side, first);
    await step(side, jobId, 'RUNNING', 1);
    const seen = (await next(side, first)) as Progress;
    await first.return?.();
    await step(side, jobId, 'RUNNING', 2);
    await step(side, jobId, 'SUCCEEDED', 3);
    const second = await follow(side, jobId, seen.cursor);
    expect([await next(side, second), await next(side, second), await next(side, second)]).toEqual([
      expect.objectContaining({ done: '2' }),
      expect.objectContaining({ done: '3' }),
      'the end',
    ]);
  });

  it('of a job that has ended says so and ends', async () => {
    const { test: side } = await bench.newPair();
    const jobId = await newJob(side);
    await step(side, jobId, 'SUCCEEDED', 10);
    const stream = await follow(side, jobId);
    expect(await next(side, stream)).toMatchObject({ state: 'SUCCEEDED', done: '10' });
    expect(await next(side, stream)).toBe('the end');
  });

  it('can be left while nothing happens', async () => {
    const { test: side } = await bench.newPair();
    const stream = await follow(side, await newJob(side));
    await next(side, stream);
    const waiting = next(side, stream);
    await inWorkspace(side.workspaceId, async () => stream.return?.());
    expect(await waiting).toBe('the end');
  });

  it('refuses a job of another workspace like one that does not exist', async () => {
    const [{ test: mine }, { test: theirs }] = [await bench.newPair(), await bench.newPair()];
    await expect(follow(mine, await newJob(theirs))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(follow(mine, 'job_none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('jobs', () => {
  it('are listed by kind and state, page by page, and for one workspace only', async () => {
    const [{ test: mine }, { test: theirs }] = [await bench.newPair(), await bench.newPair()];
    const [a, b] = [await newJob(mine), await newJob(mine)];
    const foreign = await newJob(theirs);
    await newJob(mine, 'other.kind');
    const source =
      'query ($after: String) { jobs(first: 1, after: $after, filter: { kind: "billing.backfill", state: QUEUED }) { totalCount pageInfo { hasNextPage endCursor } edges { node { id } } } }';
    const page = async (
      after: string | null,
    ): Promise<{
      totalCount: number;
      pageInfo: { hasNextPage: boolean; endCursor: string };
      edges: { node: { id: string } }[];
    }> => (await bench.run(asKey(mine), source, { after })).data?.['jobs'] as never;
    const first = await page(null);
    const second = await page(first.pageInfo.endCursor);
    expect([first.totalCount, first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([2, true, false]);
    expect([...first.edges, ...second.edges].map(({ node }) => node.id).sort()).toEqual([a, b].sort());
    expect((await bench.run(asKey(mine), 'query ($id: ID!) { job(id: $id) { id } }', { id: foreign })).data).toEqual({
      job: null,
    });
  });
});
