import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { silentLogger } from '#subgraphs/shared/logging/logger.ts';
import { type HealthRecorder, startHealthRecorder } from '#subgraphs/shared/resilience/health-recorder.ts';
import { createProviderPolicies, type ProviderPolicies } from '#subgraphs/shared/resilience/policies.ts';
import {
  ANSWERED,
  type FailureKind,
  type ProviderProfile,
  type Verdict,
} from '#subgraphs/shared/resilience/provider-call.ts';
import { DEFAULT_SETTINGS } from '#subgraphs/shared/resilience/settings.ts';
import type { GraphCall } from '#subgraphs/shared/testing/harness.ts';
import { type AccountsBench, createAccountsBench } from './factories.ts';

const CREATE = `mutation ($apiKey: String!) { createConnection(input: { provider: STRIPE, stripe: { apiKey: $apiKey } }) { __typename ... on CreatedConnection { connection { id } } } }`;
const HEALTH = `{ providerHealth { connection { id account } state since nextTryAt lastSuccessAt lastFailureAt lastFailureKind
  calls failures retries rateLimited heldBack retryBudgetExhausted } }`;
const PROFILE: ProviderProfile = { provider: 'STRIPE', name: 'Stripe', perSecond: () => 1_000 };

let bench: AccountsBench;
let here: GraphCall;
beforeAll(async () => {
  bench = await createAccountsBench();
});
afterAll(async () => {
  await bench.close();
});
beforeEach(async () => {
  bench.stripe.reset();
  here = { workspaceId: await bench.harness.newWorkspace() };
  await bench.run(here, CREATE, { apiKey: 'sk_test_of_acme_12345' });
});

/** A process: its policies and what it writes about them. */
interface Process {
  readonly recorder: HealthRecorder;
  call(kind: FailureKind | null, call?: GraphCall): Promise<void>;
}

const processes: HealthRecorder[] = [];
afterAll(async () => {
  await Promise.all(processes.map((recorder) => recorder.close()));
});

function startProcess(): Process {
  const { system, wall } = bench.harness;
  const recorder = startHealthRecorder({ system, wall, log: silentLogger });
  processes.push(recorder);
  const breaker = { ...DEFAULT_SETTINGS.breaker, consecutive: 3, openMs: 30_000 };
  const policies: ProviderPolicies = createProviderPolicies({
    settings: { ...DEFAULT_SETTINGS, breaker, firstPauseMs: 1, longestPauseMs: 2 },
    listeners: [recorder.listener],
  });
  return {
    recorder,
    call: async (kind, { workspaceId } = here) => {
      const verdict: Verdict = kind === null ? ANSWERED : { kind, worthRetry: false, retryAfterMs: 0 };
      await policies
        .execute(
          PROFILE,
          { workspaceId, account: 'acct_acme', livemode: false, lane: 'live' },
          { repeatable: true, send: () => Promise.resolve('answer'), judge: () => verdict, judgeError: () => null },
        )
        .catch(() => undefined);
    },
  };
}

async function health(call: GraphCall = here): Promise<Record<string, unknown>> {
  const { data, codes } = await bench.run(call, HEALTH);
  expect(codes).toEqual([]);
  const [only] = data?.['providerHealth'] as Record<string, unknown>[];
  return JSON.parse(JSON.stringify(only)) as Record<string, unknown>;
}

describe('providerHealth', () => {
  it('is UNKNOWN for a connection that nobody called through', async () => {
    expect(await health()).toEqual({
      connection: { id: expect.stringMatching(/^conn_/), account: 'acct_acme' },
      state: 'UNKNOWN',
      since: null,
      nextTryAt: null,
      lastSuccessAt: null,
      lastFailureAt: null,
      lastFailureKind: null,
      calls: 0,
      failures: 0,
      retries: 0,
      rateLimited: 0,
      heldBack: 0,
      retryBudgetExhausted: false,
    });
  });

  it('counts over processes, and does not call a single failure a trouble', async () => {
    const [web, worker] = [startProcess(), startProcess()];
    for (let i = 0; i < 12; i++) await web.call(null);
    await worker.call(null);
    bench.harness.wall.advance({ seconds: 10 });
    await worker.call('TIMEOUT');
    await Promise.all([web.recorder.flush(), worker.recorder.flush()]);
    const now = bench.harness.wall.now().toISOString();
    expect(await health()).toMatchObject({
      state: 'HEALTHY',
      calls: 14,
      failures: 1,
      lastFailureAt: now,
      lastFailureKind: 'TIMEOUT',
      lastSuccessAt: new Date(Date.parse(now) - 10_000).toISOString(),
    });
  });

  it('is DEGRADED while one call in ten fails or is told to be slower, and no longer when that is some minutes ago', async () => {
    const process = startProcess();
    for (let i = 0; i < 9; i++) await process.call(null);
    await process.call('RATE_LIMITED');
    await process.recorder.flush();
    expect(await health()).toMatchObject({
      state: 'DEGRADED',
      calls: 10,
      rateLimited: 1,
      lastFailureKind: 'RATE_LIMITED',
    });
    bench.harness.wall.advance({ minutes: 4 });
    await process.recorder.flush({ all: true });
    expect(await health()).toMatchObject({ state: 'DEGRADED', calls: 10 });
    bench.harness.wall.advance({ minutes: 2 });
    await process.recorder.flush({ all: true });
    expect(await health()).toMatchObject({ state: 'HEALTHY', calls: 0, lastFailureKind: 'RATE_LIMITED' });
  });

  it('is UNAVAILABLE from the moment a breaker opens, seen by everybody without anybody’s doing', async () => {
    const [broken, fine] = [startProcess(), startProcess()];
    for (let i = 0; i < 5; i++) await fine.call(null);
    for (let i = 0; i < 3; i++) await broken.call('SERVER_ERROR');
    await broken.call(null); // held back
    await fine.recorder.flush();
    const since = bench.harness.wall.now();
    for (let waited = 0; waited < 5_000 && (await health())['state'] !== 'UNAVAILABLE'; waited += 25) await pause(25);
    const seen = await health();
    expect(seen).toMatchObject({ state: 'UNAVAILABLE', since: since.toISOString(), failures: 3, heldBack: 1 });
    const probeInMs = Date.parse(String(seen['nextTryAt'])) - since.getTime();
    expect(probeInMs).toBeGreaterThan(29_000);
    expect(probeInMs).toBeLessThan(37_000);

    // A process that is gone holds nothing back; what it saw is still known.
    bench.harness.wall.advance({ minutes: 2 });
    await fine.recorder.flush({ all: true });
    expect(await health()).toMatchObject({ state: 'DEGRADED', nextTryAt: null, lastFailureKind: 'SERVER_ERROR' });
    bench.harness.wall.advance({ minutes: 5 });
    expect(await health()).toMatchObject({ state: 'HEALTHY', lastFailureKind: 'SERVER_ERROR', calls: 0 });
  });

  it('shows another workspace with the same account nothing of it', async () => {
    const elsewhere: GraphCall = { workspaceId: await bench.harness.newWorkspace() };
    await bench.run(elsewhere, CREATE, { apiKey: 'sk_test_of_acme_12345' });
    const process = startProcess();
    for (let i = 0; i < 4; i++) await process.call('CONNECTION');
    await process.recorder.flush();
    expect(await health()).toMatchObject({ state: 'UNAVAILABLE' });
    expect(await health(elsewhere)).toMatchObject({ state: 'UNKNOWN', calls: 0, lastFailureAt: null });
    const nobody: GraphCall = { workspaceId: await bench.harness.newWorkspace() };
    expect((await bench.run(nobody, HEALTH)).data).toEqual({ providerHealth: [] });
  });

  it('is also a field of the connection, and both ask for connections:read', async () => {
    const { data } = await bench.run(here, '{ connections { edges { node { health { state } } } } }');
    expect(data).toMatchObject({ connections: { edges: [{ node: { health: { state: 'UNKNOWN' } } }] } });
    const { codes } = await bench.run({ ...here, scopes: ['billing:read'] }, HEALTH);
    expect(codes).toEqual(['INSUFFICIENT_PERMISSIONS']);
  });

  it('can be written by no workspace, only read', async () => {
    const process = startProcess();
    await process.call(null);
    await process.recorder.flush();
    const context = bench.harness.context(here.workspaceId);
    await expect(
      context.transaction((tx) => tx.db.$executeRaw`UPDATE kernel.provider_health SET calls = 0`),
    ).rejects.toThrow(/permission denied/);
  });
});

it('what could not be written is written the next time', async () => {
  const { system, wall } = bench.harness;
  let isDown = true;
  const flaky: typeof system = {
    ...system,
    query: (sql, params) => (isDown ? Promise.reject(new Error('away')) : system.query(sql, params)),
  };
  const recorder = startHealthRecorder({ system: flaky, wall, log: silentLogger });
  processes.push(recorder);
  const key = { provider: 'STRIPE', workspaceId: here.workspaceId, account: 'acct_acme' };
  recorder.listener.onAttempt?.(key, { lane: 'live', kind: null, durationMs: 1, isRetry: false });
  await expect(recorder.flush()).rejects.toThrow('away');
  isDown = false;
  await recorder.flush();
  expect(await health()).toMatchObject({ state: 'HEALTHY', calls: 1 });
});
