import { describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pause } from '../batching/pause-after.ts';
import { spaced } from './spaced.ts';

const noError = (error: unknown): never => {
  throw error as Error;
};

const every = (ms: number): Pause => ({ least: ms, most: ms, times: 1 });

describe('calls with a pause between them', () => {
  it('are made at once, and those within the pause are one at its end, for each key on its own', async () => {
    const sent: string[] = [];
    const calls = spaced(every(60), noError);
    const ask = (key: string, what: string): Promise<void> =>
      calls.ask(key, () => Promise.resolve(void sent.push(what)));
    for (const n of [1, 2, 3]) await ask('a', `a${String(n)}`);
    await ask('b', 'b1');
    expect(sent).toEqual(['a1', 'b1']);
    for (let waited = 0; sent.length < 3 && waited < 5_000; waited += 10) await pause(10);
    expect(sent).toEqual(['a1', 'b1', 'a3']);
    await calls.close();
  });

  it('are the rarer the longer they take, and never two at once', async () => {
    let [underWay, most] = [0, 0];
    const sent: number[] = [];
    const began = performance.now();
    const calls = spaced({ least: 1, most: 60_000, times: 10 }, noError);
    const call = async (): Promise<void> => {
      most = Math.max(most, (underWay += 1));
      sent.push(performance.now() - began);
      await pause(30);
      underWay -= 1;
    };
    const first = calls.ask('a', call);
    await calls.ask('a', call);
    await first;
    for (let waited = 0; sent.length < 2 && waited < 10_000; waited += 10) await pause(10);
    expect(sent).toHaveLength(2);
    // 30 ms of the call, and ten times as much of a pause; timers may be a millisecond early.
    expect(sent[1]).toBeGreaterThan(315);
    await calls.close();
    expect(most).toBe(1);
  });

  it('are made before closing ends, and one that fails later is reported', async () => {
    const [sent, errors]: [string[], unknown[]] = [[], []];
    const calls = spaced(every(60_000), (error) => errors.push(error));
    await calls.ask('a', () => Promise.resolve());
    await calls.ask('a', () => Promise.resolve(void sent.push('a')));
    await calls.ask('b', () => Promise.resolve());
    await calls.ask('b', () => Promise.reject(new Error('away')));
    expect(sent).toEqual([]);
    await calls.close();
    expect(sent).toEqual(['a']);
    expect(errors).toEqual([new Error('away')]);
  });

  it('that fail at once tell whoever asked, and the next is made at once', async () => {
    const sent: string[] = [];
    const calls = spaced(every(60_000), noError);
    for (let turn = 0; turn < 2; turn += 1)
      await expect(calls.ask('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    await calls.ask('a', () => Promise.resolve(void sent.push('a')));
    expect(sent).toEqual(['a']);
    await calls.close();
  });
});
