import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { Lane } from '#subgraphs/shared/jobs/lane.ts';
import { silentLogger } from '#subgraphs/shared/logging/logger.ts';
import { createHarness, type Harness, nobodyDies } from '#subgraphs/shared/testing/harness.ts';
import { timerLane } from '#subgraphs/shared/timers/fire.ts';
import { startSweeper } from './sweeper.ts';

const lane = (name: string, due: Lane['due']): Lane => ({ name, due, drain: () => Promise.resolve() });

/** Sweeps until `enough` says so, or for two seconds at most. @returns the wake-ups that were sent. */
async function sweepUntil(
  lanes: readonly Lane[],
  enough: (woken: readonly string[]) => boolean,
  onWake: (lane: string, workspaceId: string) => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const woken: string[] = [];
  const sweeper = startSweeper({
    lanes,
    everyMs: 20,
    log: silentLogger,
    wake: (name, workspaceId, detail) => {
      woken.push([name, workspaceId, ...(detail === undefined ? [] : [detail])].join(' '));
      return onWake(name, workspaceId);
    },
  });
  for (const end = Date.now() + 2_000; !enough(woken) && Date.now() < end;) await pause(5);
  await sweeper.close();
  return woken;
}

describe('the sweeper', () => {
  it('wakes each lane for each workspace that has something due, naming the piece of work where the lane does', async () => {
    const lanes = [
      lane('inbox', () => Promise.resolve([{ workspaceId: 'ws_a' }, { workspaceId: 'ws_b' }])),
      lane('idle', () => Promise.resolve([])),
      lane('job', () => Promise.resolve([{ workspaceId: 'ws_a', detail: 'job_1' }])),
    ];
    const woken = await sweepUntil(lanes, ({ length }) => length >= 3);
    expect(woken.slice(0, 3)).toEqual(['inbox ws_a', 'inbox ws_b', 'job ws_a job_1']);
  });

  it('goes on with the other lanes when one cannot say what is due, and asks that one again', async () => {
    let asked = 0;
    const lanes = [
      lane('bad', () => {
        asked += 1;
        return asked < 3
          ? Promise.reject(new Error('the database is away'))
          : Promise.resolve([{ workspaceId: 'ws_b' }]);
      }),
      lane('good', () => Promise.resolve([{ workspaceId: 'ws_a' }])),
    ];
    const woken = await sweepUntil(lanes, (sent) => sent.includes('bad ws_b'));
    expect(woken.slice(0, 3)).toEqual(['good ws_a', 'good ws_a', 'bad ws_b']);
  });

  it('does what is due itself when a wake-up cannot be sent, without waiting for it, and wakes again at the next sweep', async () => {
    let failures = 0;
    const drained: string[] = [];
    const lanes = ['first', 'second'].map((name): Lane => ({
      ...lane(name, () => Promise.resolve([{ workspaceId: 'ws_a' }])),
      drain: async (workspaceId) => {
        drained.push(`${name} ${workspaceId}`);
        await pause(60);
      },
    }));
    const woken = await sweepUntil(
      lanes,
      ({ length }) => length >= 3,
      () => ((failures += 1) === 1 ? Promise.reject(new Error('the queue is away')) : Promise.resolve()),
    );
    // Whoever could not be reached once is not asked again in the same sweep.
    expect(woken.slice(0, 3)).toEqual(['first ws_a', 'first ws_a', 'second ws_a']);
    expect(drained).toEqual(['first ws_a', 'second ws_a']);
  });

  it('sends nothing more once it is closed, and waits for the sweep that runs', async () => {
    let [sweeps, finished] = [0, 0];
    const slow = lane('slow', async () => {
      sweeps += 1;
      await pause(30);
      finished += 1;
      return [];
    });
    const sweeper = startSweeper({ lanes: [slow], everyMs: 5, log: silentLogger, wake: () => Promise.resolve() });
    await pause(10);
    await sweeper.close();
    expect(finished).toBe(sweeps);
    const before = sweeps;
    await pause(50);
    expect(sweeps).toBe(before);
  });
});

describe('work whose wake-up was lost', () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await createHarness();
  });
  afterAll(async () => {
    await harness.close();
  });

  it('is found and done within a sweep', async () => {
    // The harness's wake-ups go nowhere, as if the queue had lost them all.
    const workspaceId = await harness.newWorkspace();
    const fired: string[] = [];
    const timers = timerLane({
      handlers: [{ kind: 'test.timer', handle: (_ctx, timer) => Promise.resolve(void fired.push(timer.key)) }],
      contexts: harness.contexts,
      system: harness.system,
      wall: harness.wall,
      log: silentLogger,
      watch: nobodyDies,
    });
    await harness
      .context(workspaceId)
      .transaction((tx) => tx.setTimer({ kind: 'test.timer', key: 'due', subjectId: 's', dueAt: tx.now }));
    const woken = await sweepUntil(
      [timers],
      () => fired.length > 0,
      (_lane, where) => timers.drain(where),
    );
    expect(fired).toEqual(['due']);
    expect(woken).toEqual([`${timers.name} ${workspaceId}`]);
  });
});
