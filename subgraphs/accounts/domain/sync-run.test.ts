import { describe, expect, it } from '@jest/globals';
import { expectedEnd, type SyncRun } from './sync-run.ts';

const run = (over: Partial<SyncRun>): SyncRun => ({
  workspaceId: 'ws_1',
  id: 'run_1',
  connectionId: 'conn_1',
  kind: 'BACKFILL',
  state: 'RUNNING',
  jobId: 'job_1',
  done: 0n,
  progressBps: 2_500,
  apiCalls: 0,
  counts: {},
  differences: [],
  differing: 0,
  refused: {},
  startedAt: new Date('2026-11-20T12:00:00Z'),
  updatedAt: new Date('2026-11-20T12:01:00Z'),
  finishedAt: null,
  ...over,
});

describe('the expected end of a run', () => {
  it('follows from how long its part took', () => {
    expect(expectedEnd(run({}))).toEqual(new Date('2026-11-20T12:04:00Z'));
    expect(expectedEnd(run({ progressBps: 10_000 }))).toEqual(new Date('2026-11-20T12:01:00Z'));
  });

  it.each([{ progressBps: null }, { progressBps: 0 }, { state: 'SUCCEEDED' as const }, { state: 'FAILED' as const }])(
    'cannot be told for %j',
    (over) => {
      expect(expectedEnd(run(over))).toBeNull();
    },
  );
});
