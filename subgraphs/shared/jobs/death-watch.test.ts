import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { SystemDb } from '../db/system.ts';
import { silentLogger } from '../logging/logger.ts';
import { createHarness, type Harness } from '../testing/harness.ts';
import { heldUntil, type WatchedLife, watchDeaths } from './death-watch.ts';

const LEASE_MS = 15_000;

let harness: Harness;
const lives: WatchedLife[] = [];
beforeEach(async () => {
  harness = await createHarness();
});
afterEach(async () => {
  for (const life of lives.splice(0)) await life.close();
  await harness.close();
});

async function begin(system: Pick<SystemDb, 'query'> = harness.system): Promise<WatchedLife> {
  const life = watchDeaths({ system, wall: harness.wall, log: silentLogger, leaseMs: LEASE_MS });
  lives.push(life);
  await life.begun;
  return life;
}

/** What a process that was killed has left. */
const left = (): Promise<unknown> =>
  harness.admin.query(`INSERT INTO kernel.worker (instance, seen_at) VALUES ('killed', $1)`, [harness.wall.now()]);

const known = async (): Promise<number> => (await harness.admin.query('SELECT FROM kernel.worker')).rowCount ?? 0;

describe('a worker', () => {
  it('that was killed is missed by the next one once its lease is over, and not for ever', async () => {
    await left();
    expect((await begin()).diedLately()).toBe(false);
    harness.wall.advance({ seconds: 15 });
    expect((await begin()).diedLately()).toBe(true);
    harness.wall.advance({ minutes: 14 });
    expect((await begin()).diedLately()).toBe(true);
    harness.wall.advance({ minutes: 16 });
    for (const life of lives.splice(0)) await life.close();
    expect((await begin()).diedLately()).toBe(false);
    expect(await known()).toBe(1);
  });

  it('that ends in order is missed by nobody', async () => {
    await (await begin()).close();
    harness.wall.advance({ minutes: 1 });
    expect((await begin()).diedLately()).toBe(false);
  });

  it('does not take itself for dead, however slow it is', async () => {
    const life = await begin();
    harness.wall.advance({ minutes: 5 });
    expect(life.diedLately()).toBe(false);
  });

  it('begins when it could tell that it lives, and ends before if it is told to', async () => {
    const away = { query: () => Promise.reject(new Error('the database is away')) };
    const life = watchDeaths({ system: away, wall: harness.wall, log: silentLogger, leaseMs: LEASE_MS });
    lives.push(life);
    expect(await Promise.race([life.begun.then(() => 'begun'), pause(50, 'waits')])).toBe('waits');
    await life.close();
    await life.begun;
  });
});

it('what was broken off is left alone for longer each time, for eight minutes at most', () => {
  const watch = { diedLately: () => true, leaseMs: LEASE_MS };
  const now = new Date(0);
  const seconds = [0, 1, 2, 5, 6, 20].map((times) => heldUntil(watch, now, times).getTime() / 1_000);
  expect(seconds).toEqual([15, 30, 60, 480, 480, 480]);
});
