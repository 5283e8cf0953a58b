import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { carryOut, type Outcome, type Run } from './run.ts';
import { driversOrNull, testStand, type TestStand } from './stand.ts';

/** One history, in which the version of the API changes half way, told twice; the second time all that came is replayed twice as well. */
const history = { events: 300, profile: 'core', shape: 'mixed', seed: 11 } as const;
const RUNS: readonly Run[] = [
  { ...history, late: 0.2, dup: 0.2, connections: 16, kills: ['web'] },
  { ...history, late: 0, dup: 0.05, connections: 64, kills: ['worker'], replays: 2 },
];

const tools = driversOrNull();

(tools === null ? describe.skip : describe)('what Stripe sends while a process is killed -9', () => {
  let stand: TestStand;
  const outcomes: Outcome[] = [];
  beforeAll(async () => {
    stand = await testStand(tools ?? '');
  }, 120_000);
  afterAll(async () => {
    await stand.close();
  }, 60_000);

  it.each(RUNS)(
    'is kept and applied, once, and no object is wrong: $kills',
    async (run) => {
      const outcome = await carryOut(stand, run);
      outcomes.push(outcome);
      expect(outcome.wrong).toEqual([]);
      expect(outcome.objects).toBeGreaterThan(100);
    },
    240_000,
  );

  it('leaves the same mirror, in whatever order it was told', () => {
    expect(outcomes).toHaveLength(RUNS.length);
    const [first, second] = outcomes.map(({ state }) => state);
    expect(second?.filter((line) => first?.includes(line) !== true)).toEqual([]);
    expect(outcomes[1]?.hash).toBe(outcomes[0]?.hash);
  });
});
