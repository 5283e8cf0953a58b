import { describe, expect, it } from '@jest/globals';
import { oneAtATime } from './one-at-a-time.ts';

/** A drain that takes what lies there when it looks, and ends when it is let go. */
function held(): { drain: (workspaceId: string) => Promise<void>; looks: string[]; letGo: () => void } {
  const looks: string[] = [];
  const waiting: (() => void)[] = [];
  return {
    looks,
    drain: (workspaceId) => {
      looks.push(workspaceId);
      return new Promise((resolve) => waiting.push(resolve));
    },
    letGo: () => waiting.shift()?.(),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a drain that runs once at a time', () => {
  it('looks once more for all who asked while it ran, and they wait for that', async () => {
    const { drain, looks, letGo } = held();
    const alone = oneAtATime(drain);
    const ended: number[] = [];
    const asked = [alone('ws_a')];
    await turn();
    asked.push(alone('ws_a'), alone('ws_a'));
    const all = asked.map((each, index) => each.then(() => ended.push(index)));
    letGo();
    await turn();
    expect({ looks, ended }).toEqual({ looks: ['ws_a', 'ws_a'], ended: [] });
    letGo();
    await Promise.all(all);
    expect(looks).toHaveLength(2);
  });

  it('runs at once for another workspace, and again for the same one afterwards', async () => {
    const { drain, looks, letGo } = held();
    const alone = oneAtATime(drain);
    const both = [alone('ws_a'), alone('ws_b')];
    await turn();
    expect(looks).toEqual(['ws_a', 'ws_b']);
    letGo();
    letGo();
    await Promise.all(both);
    const later = alone('ws_a');
    await turn();
    letGo();
    await later;
    expect(looks).toEqual(['ws_a', 'ws_b', 'ws_a']);
  });

  it('that fails is over for all who waited, and begins anew when asked again', async () => {
    let runs = 0;
    const alone = oneAtATime(() => {
      runs += 1;
      return runs === 1 ? Promise.reject(new Error('broken')) : Promise.resolve();
    });
    const outcomes = await Promise.allSettled([alone('ws_a'), alone('ws_a')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await alone('ws_a');
    expect(runs).toBe(2);
  });
});
