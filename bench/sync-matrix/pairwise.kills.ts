import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { carryOut, type Run } from './run.ts';
import { driversOrNull, testStand, type TestStand } from './stand.ts';

/**
 * Any two values of any two columns stand together in one of the runs, and each history is told twice, in two ways.
 */
// prettier-ignore
const TABLE = [
  // profile, shape,    late, dup,  connections, killed
  ['core', 'endive', 0.2,  0.05, 64, 'worker, worker'],
  ['core', 'endive', 0.04, 0.2,  1,  'web, worker'],
  ['core', 'legacy', 0.04, 0.2,  1,  'worker, web'],
  ['core', 'legacy', 0.04, 0.05, 16, 'web, worker'],
  ['core', 'mixed',  0.04, 0.05, 64, 'web, worker'],
  ['core', 'mixed',  0.04, 0.05, 1,  'worker, worker'],
  ['full', 'endive', 0.2,  0.2,  16, 'web, worker'],
  ['full', 'endive', 0.04, 0.05, 16, 'worker, web'],
  ['full', 'legacy', 0.2,  0.2,  1,  'worker, worker'],
  ['full', 'legacy', 0.2,  0.05, 64, 'worker, web'],
  ['full', 'mixed',  0.2,  0.05, 16, 'worker, worker'],
  ['full', 'mixed',  0.04, 0.2,  64, 'worker, web'],
] as const;

const RUNS = TABLE.map(
  ([profile, shape, late, dup, connections, killed], index): Run & { readonly killed: string } => ({
    profile,
    shape,
    late,
    dup,
    connections,
    killed,
    kills:
      killed === 'web, worker'
        ? ['web', 'worker']
        : killed === 'worker, web'
          ? ['worker', 'web']
          : ['worker', 'worker'],
    events: 300,
    seed: 100 + Math.floor(index / 2), // The same for both runs of a history.
  }),
);

it('every two values of two factors meet in one of the runs', () => {
  const meet = new Set(
    TABLE.flatMap((row) => row.flatMap((a, i) => row.slice(i + 1).map((b, j) => JSON.stringify([i, a, i + 1 + j, b])))),
  );
  const columns = TABLE[0].map((_, column) => [...new Set(TABLE.map((row) => row[column]))]);
  const pairs = columns.flatMap((as, i) =>
    columns.slice(i + 1).flatMap((bs, j) => as.flatMap((a) => bs.map((b) => JSON.stringify([i, a, i + 1 + j, b])))),
  );
  expect(pairs.filter((pair) => !meet.has(pair))).toEqual([]);
});

const tools = driversOrNull();

(tools === null ? describe.skip : describe)('what Stripe sends while processes are killed -9', () => {
  let stand: TestStand;
  const states = new Map<number, readonly string[]>();
  beforeAll(async () => {
    stand = await testStand(tools ?? '');
  }, 120_000);
  afterAll(async () => {
    await stand.close();
  }, 60_000);

  it.each(RUNS)(
    'ends right and as in any other order: $profile, $shape, late $late, twice $dup, $connections connections, killed $killed',
    async (run) => {
      const { wrong, state } = await carryOut(stand, run);
      expect(wrong).toEqual([]);
      const other = states.get(run.seed) ?? state;
      states.set(run.seed, state);
      expect(state.filter((line) => !other.includes(line))).toEqual([]);
      expect(state).toHaveLength(other.length);
    },
    240_000,
  );
});
