import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fork } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Engine, startRedis } from '#cli/testing/engines.ts';
import { eventually } from '#cli/testing/stack.ts';
import { LaneGate } from '#subgraphs/shared/resilience/lane-gate.ts';
import { machinePace } from '#subgraphs/shared/resilience/pace.ts';
import { createSharedWindows, type SharedWindows } from '#subgraphs/shared/resilience/shared-window.ts';

let redis: Engine;
let processes: SharedWindows[];
beforeAll(async () => {
  redis = await startRedis();
  // A connection each, as two processes have.
  processes = [0, 1].map(() => createSharedWindows({ redisUrl: redis.url, namespace: 'gates' }, () => undefined));
});
afterAll(async () => {
  for (const one of processes) one.close();
  await redis.stop();
});

/** The gates of one account in two processes. */
function gatesOf(account: string, perSecond: number): [LaneGate, LaneGate] {
  const [one, other] = processes.map((each) => new LaneGate(perSecond, machinePace, each.of(account, perSecond)));
  if (one === undefined || other === undefined) throw new Error('there are two');
  return [one, other];
}

describe('the rate of an account', () => {
  it('holds for all processes together, and each gets its share', async () => {
    const arrivals: { who: string; at: number }[] = [];
    const provider: Server = createServer((request, response) => {
      arrivals.push({ who: request.url ?? '', at: performance.now() });
      response.end('{}');
    });
    await new Promise<void>((listening) => provider.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${String((provider.address() as AddressInfo).port)}`;
    const caller = fileURLToPath(new URL('provider-caller.ts', import.meta.url));
    const endings = await Promise.all(
      [0, 1].map(
        () =>
          new Promise((ended) => {
            fork(caller, [redis.url, url, '20', '70'], {
              execArgv: ['--import', 'tsx'],
              env: { ...process.env, NODE_OPTIONS: '' },
            }).once('exit', ended);
          }),
      ),
    );
    provider.close();
    provider.closeAllConnections();
    expect(endings).toEqual([0, 0]);
    expect(arrivals).toHaveLength(140);
    expect(new Set(arrivals.map(({ who }) => who)).size).toBe(2);
    // Three seconds' worth takes three seconds, less what the way to the provider may shift. Each by itself, both would need half of that.
    const spans = arrivals.slice(60).map(({ at }, index) => at - (arrivals[index]?.at ?? 0));
    expect(Math.min(...spans)).toBeGreaterThan(2_300);
  }, 60_000);

  it('lets a live call go before every backfill, of other processes too', async () => {
    const [one, other] = gatesOf('acct_live', 4);
    for (let call = 0; call < 4; call += 1) await one.admit('backfill', 60_000);
    const order: string[] = [];
    const backfills = Array.from({ length: 3 }, () =>
      other.admit('backfill', 60_000).then(() => order.push('backfill')),
    );
    await pause(50);
    await Promise.all([...backfills, one.admit('live', 60_000).then(() => order.push('live'))]);
    expect(order).toEqual(['live', 'backfill', 'backfill', 'backfill']);
  }, 30_000);

  it('is none for every process when the provider wants quiet from one', async () => {
    const [one, other] = gatesOf('acct_quiet', 20);
    one.slowDown(20_000);
    const refused = await eventually('word of it', async () => {
      const admission = await other.admit('live', 100);
      return !admission.admitted && admission;
    });
    expect(refused.waitMs).toBeGreaterThan(2_000);
  }, 30_000);

  it('is kept by each process alone while Redis is away', async () => {
    const [one] = gatesOf('acct_alone', 2);
    await redis.stop();
    const begun = performance.now();
    for (let call = 0; call < 5; call += 1) expect(await one.admit('live', 60_000)).toEqual({ admitted: true });
    expect(performance.now() - begun).toBeGreaterThan(1_900);
    await redis.start();
  }, 30_000);
});
