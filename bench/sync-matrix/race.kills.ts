import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { carryOutRace } from './race.ts';
import { driversOrNull, testStand, type TestStand } from './stand.ts';

const tools = driversOrNull();

/** What was answered and not kept when the worker was killed: pages of ten customers are kept together. */
const MOST_UNDER_WAY = 10;

(tools === null ? describe.skip : describe)('a backfill, while a thousand webhooks tell of the same objects', () => {
  let stand: TestStand;
  beforeAll(async () => {
    stand = await testStand(tools ?? '');
  }, 120_000);
  afterAll(async () => {
    await stand.close();
  }, 60_000);

  it('leaves no object wrong, and killed half way asks for no kept page again', async () => {
    const outcome = await carryOutRace(stand, {
      ...{ events: 1_150, profile: 'core', shape: 'endive', seed: 41, late: 0.04, dup: 0.05 },
      ...{ webhooks: 1_000, connections: 8, latencyMs: 300, pauseMs: 150 },
    });
    expect(outcome.wrong).toEqual([]);
    expect(outcome.pages).toBeGreaterThan(50);
    expect(outcome.again.length).toBeLessThanOrEqual(MOST_UNDER_WAY);
  }, 300_000);
});
