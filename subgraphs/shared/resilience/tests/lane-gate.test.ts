import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LaneGate } from '../lane-gate.ts';
import type { CallLane } from '../provider-call.ts';
import { virtualPace } from './virtual-pace.ts';

const HOUR = 3_600_000;

describe('a gate', () => {
  it('never lets more through in any second than it may, and lets everybody through in the end', async () => {
    const arrivals = fc.array(
      fc.record({
        afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 })),
        lane: fc.constantFrom<CallLane>('live', 'backfill'),
        complaint: fc.option(fc.integer({ min: 0, max: 2_500 }), { freq: 12 }),
      }),
      { minLength: 1, maxLength: 80 },
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), arrivals, async (perSecond, calls) => {
        const pace = virtualPace();
        const gate = new LaneGate(perSecond, pace);
        const passed: number[] = [];
        const all: Promise<unknown>[] = [];
        for (const { afterMs, lane, complaint } of calls) {
          await pace.pass(afterMs);
          all.push(
            gate.admit(lane, HOUR).then(({ admitted }) => {
              expect(admitted).toBe(true);
              passed.push(pace.now());
            }),
          );
          if (complaint !== null) gate.slowDown(complaint);
        }
        await pace.pass(600_000);
        await Promise.all(all);
        expect(passed).toHaveLength(calls.length);
        for (const [index, at] of passed.entries()) {
          const within = passed.slice(index).filter((other) => other < at + 1_000);
          expect(within.length).toBeLessThanOrEqual(perSecond);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('uses all that it may: a second’s worth at once, and as much each second', async () => {
    const pace = virtualPace();
    const gate = new LaneGate(20, pace);
    let passed = 0;
    for (let i = 0; i < 200; i++) void gate.admit('backfill', HOUR).then(() => (passed += 1));
    await pace.pass(0);
    expect(passed).toBe(20);
    await pace.pass(5_000);
    expect(passed).toBe(120);
  });

  it('lets a live call overtake every backfill call that waits', async () => {
    const pace = virtualPace();
    const gate = new LaneGate(2, pace);
    const order: string[] = [];
    const ask = (lane: CallLane, name: string): void => {
      void gate.admit(lane, HOUR).then(() => order.push(name));
    };
    for (const name of ['b1', 'b2', 'b3', 'b4', 'b5']) ask('backfill', name);
    await pace.pass(100);
    ask('live', 'l1');
    ask('live', 'l2');
    ask('live', 'l3');
    await pace.pass(10_000);
    expect(order).toEqual(['b1', 'b2', 'l1', 'l2', 'l3', 'b3', 'b4', 'b5']);
  });

  it('lets nobody through while the provider asks for quiet, then half as many, then all again', async () => {
    const pace = virtualPace();
    const gate = new LaneGate(20, pace);
    let passed = 0;
    const passedWithin = async (ms: number): Promise<number> => {
      const before = passed;
      await pace.pass(ms);
      return passed - before;
    };
    for (let i = 0; i < 2_000; i++) void gate.admit('live', HOUR).then(() => (passed += 1));
    await pace.pass(10_000);
    gate.slowDown(3_000);
    gate.slowDown(3_000); // the same moment, told by another call
    expect(await passedWithin(2_999)).toBe(0);
    expect(await passedWithin(1_000)).toBe(10);
    await pace.pass(10_000);
    expect(await passedWithin(1_000)).toBe(20);
  });

  it('tells whoever cannot be served in time, at once when that is clear', async () => {
    const pace = virtualPace();
    const gate = new LaneGate(1, pace);
    await gate.admit('live', 10);
    let late: unknown;
    void gate.admit('backfill', 300).then((admission) => (late = admission));
    await pace.pass(299);
    expect(late).toBeUndefined();
    await pace.pass(1);
    expect(late).toMatchObject({ admitted: false });
    gate.slowDown(30_000);
    expect(await gate.admit('live', 25_000)).toEqual({ admitted: false, waitMs: 30_000 });
  });
});
