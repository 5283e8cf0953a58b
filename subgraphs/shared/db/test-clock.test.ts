import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineEvent } from '../events/define.ts';
import { systemIds } from '../ids/ids.ts';
import { createHarness, type Harness } from '../testing/harness.ts';
import type { WorkspaceMode } from './context.ts';
import { createWorkspaceClock, moveTestClock } from './test-clock.ts';

const WALL = new Date('2026-11-20T12:00:00Z');
const at = (text: string): Date => new Date(text);
const ticked = defineEvent({ type: 'test.clock.ticked', version: 1, subject: 'Clock', payload: z.object({}) });

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

async function newWorkspace(mode: WorkspaceMode): Promise<string> {
  harness.wall.set(WALL);
  const workspaceId = systemIds.next('ws');
  await harness.context(workspaceId, { mode }).transaction((tx) => createWorkspaceClock(tx, mode));
  return workspaceId;
}

const move = (workspaceId: string, to: Date, mode: WorkspaceMode = 'TEST'): Promise<Date> =>
  harness.context(workspaceId, { mode }).transaction((tx) => moveTestClock(tx, to, harness.wall.now()));

describe('business time', () => {
  it.each<{ mode: WorkspaceMode }>([{ mode: 'LIVE' }, { mode: 'TEST' }])(
    'of a $mode workspace is wall time until it is moved',
    async ({ mode }) => {
      const ctx = harness.context(await newWorkspace(mode), { mode });
      expect(await ctx.businessNow()).toEqual(WALL);
      harness.wall.advance({ hours: 1 });
      expect(await ctx.businessNow()).toEqual(at('2026-11-20T13:00:00Z'));
    },
  );

  it('that was moved stands there while wall time goes on, for reads, transactions and what they announce', async () => {
    const workspaceId = await newWorkspace('TEST');
    expect(await move(workspaceId, at('2026-12-01T00:00:00Z'))).toEqual(at('2026-12-01T00:00:00Z'));
    harness.wall.advance({ hours: 1 });
    const ctx = harness.context(workspaceId);
    expect(await ctx.businessNow()).toEqual(at('2026-12-01T00:00:00Z'));
    const event = await ctx.transaction((tx) => tx.publish(ticked({ subjectId: 'clock', payload: {} })));
    expect(event).toMatchObject({
      occurredAt: at('2026-12-01T00:00:00Z'),
      recordedAt: at('2026-11-20T13:00:00Z'),
    });
  });

  it('does not move under a transaction that has begun', async () => {
    const workspaceId = await newWorkspace('TEST');
    const [before, after] = await harness.context(workspaceId).transaction(async (tx) => {
      const before = tx.now;
      await moveTestClock(tx, at('2026-12-01T00:00:00Z'), harness.wall.now());
      return [before, tx.now];
    });
    expect([before, after]).toEqual([WALL, WALL]);
  });

  it.each([
    { what: 'an earlier instant than where it was moved', to: '2026-11-30T23:59:59.999Z' },
    { what: 'the instant where it is', to: '2026-12-01T00:00:00Z' },
    { what: 'wall time, which it has left behind', to: '2026-11-20T12:00:00Z' },
  ])('is not moved to $what', async ({ to }) => {
    const workspaceId = await newWorkspace('TEST');
    await move(workspaceId, at('2026-12-01T00:00:00Z'));
    expect(await move(workspaceId, at(to))).toEqual(at('2026-12-01T00:00:00Z'));
    expect(await harness.context(workspaceId).businessNow()).toEqual(at('2026-12-01T00:00:00Z'));
  });

  it('that was never moved is not moved back from wall time either', async () => {
    const workspaceId = await newWorkspace('TEST');
    expect(await move(workspaceId, at('2026-11-20T11:59:59Z'))).toEqual(WALL);
    harness.wall.advance({ days: 1 });
    expect(await harness.context(workspaceId).businessNow()).toEqual(at('2026-11-21T12:00:00Z'));
  });

  it('ends at the latest of several moves at once', async () => {
    const workspaceId = await newWorkspace('TEST');
    const days = [3, 9, 1, 7, 5].map((day) => at(`2026-12-0${String(day)}T00:00:00Z`));
    await Promise.all(days.map((to) => move(workspaceId, to)));
    expect(await harness.context(workspaceId).businessNow()).toEqual(at('2026-12-09T00:00:00Z'));
  });

  it('of one workspace leaves that of others alone', async () => {
    const [moved, other] = [await newWorkspace('TEST'), await newWorkspace('TEST')];
    await move(moved, at('2026-12-01T00:00:00Z'));
    expect(await harness.context(other).businessNow()).toEqual(WALL);
  });
});

describe('a LIVE workspace’s clock', () => {
  // The mode a caller brings is not believed: the row's own is.
  it.each<{ mode: WorkspaceMode }>([{ mode: 'LIVE' }, { mode: 'TEST' }])(
    'is not moved by a caller who acts as $mode',
    async ({ mode }) => {
      const workspaceId = await newWorkspace('LIVE');
      expect(await move(workspaceId, at('2030-01-01T00:00:00Z'), mode)).toEqual(WALL);
      expect(await harness.context(workspaceId, { mode: 'LIVE' }).businessNow()).toEqual(WALL);
    },
  );

  it('is not moved by a statement either, whoever sends it', async () => {
    const workspaceId = await newWorkspace('LIVE');
    const sql = "UPDATE kernel.workspace_clock SET test_now = '2030-01-01' WHERE workspace_id = $1";
    await expect(harness.admin.query(sql, [workspaceId])).rejects.toThrow(/workspace_clock_only_test_moves/);
    await expect(
      harness.context(workspaceId, { mode: 'LIVE' }).transaction((tx) => tx.db.$executeRawUnsafe(sql, workspaceId)),
    ).rejects.toThrow(/workspace_clock_only_test_moves/);
    await expect(harness.system.query(sql, [workspaceId])).rejects.toThrow(/permission denied/);
  });
});
