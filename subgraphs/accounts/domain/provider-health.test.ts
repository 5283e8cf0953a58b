import { describe, expect, it } from '@jest/globals';
import { accountHealth, type ProcessHealth } from './provider-health.ts';

const now = new Date('2026-11-20T12:00:00Z');
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
const process = (more: Partial<ProcessHealth>): ProcessHealth => ({
  breaker: 'CLOSED',
  since: null,
  probeAt: null,
  budgetExhausted: false,
  lastSuccessAt: ago(5),
  lastFailureAt: null,
  lastFailureKind: null,
  calls: 20,
  failures: 0,
  retries: 0,
  rateLimited: 0,
  heldBack: 0,
  updatedAt: ago(2),
  ...more,
});
const open = (more: Partial<ProcessHealth> = {}): ProcessHealth =>
  process({ breaker: 'OPEN', since: ago(90), probeAt: ago(-20), ...more });

describe('the health of an account', () => {
  it.each([
    { when: 'nobody ever called', rows: [], state: 'UNKNOWN' },
    { when: 'calls are answered', rows: [process({})], state: 'HEALTHY' },
    {
      when: 'the last answer is days old',
      rows: [process({ lastSuccessAt: ago(400_000), updatedAt: ago(400_000) })],
      state: 'HEALTHY',
    },
    { when: 'one call in twenty failed', rows: [process({ failures: 1 })], state: 'HEALTHY' },
    { when: 'one call in ten failed', rows: [process({ failures: 2 })], state: 'DEGRADED' },
    { when: 'the provider finds us too fast', rows: [process({ rateLimited: 2 })], state: 'DEGRADED' },
    {
      when: 'a single call failed, and no other was made',
      rows: [process({ calls: 1, failures: 1 })],
      state: 'HEALTHY',
    },
    { when: 'calls failed, but long ago', rows: [process({ failures: 20, updatedAt: ago(301) })], state: 'HEALTHY' },
    { when: 'no more retries are allowed', rows: [process({ budgetExhausted: true })], state: 'DEGRADED' },
    { when: 'a breaker is open', rows: [open()], state: 'UNAVAILABLE' },
    { when: 'a breaker is open in one of two processes', rows: [process({}), open()], state: 'UNAVAILABLE' },
    { when: 'an open breaker would let the next call through', rows: [open({ probeAt: ago(1) })], state: 'DEGRADED' },
    { when: 'a probe is under way', rows: [open({ breaker: 'HALF_OPEN' })], state: 'DEGRADED' },
    {
      when: 'the process with the open breaker is gone',
      rows: [process({}), open({ updatedAt: ago(61) })],
      state: 'HEALTHY',
    },
  ])('is $state when $when', ({ rows, state }) => {
    expect(accountHealth(rows, now).state).toBe(state);
  });

  it('adds up what processes count, and takes the latest and the earliest of what they saw', () => {
    const rows = [
      open({ failures: 3, heldBack: 4, lastFailureAt: ago(70), lastFailureKind: 'TIMEOUT', lastSuccessAt: ago(100) }),
      open({
        since: ago(30),
        probeAt: ago(-5),
        lastFailureAt: ago(20),
        lastFailureKind: 'CONNECTION',
        lastSuccessAt: null,
      }),
      process({ retries: 2, updatedAt: ago(4_000), lastSuccessAt: ago(50) }),
    ];
    expect(accountHealth(rows, now)).toEqual({
      state: 'UNAVAILABLE',
      since: ago(90),
      nextTryAt: ago(-5),
      lastSuccessAt: ago(50),
      lastFailureAt: ago(20),
      lastFailureKind: 'CONNECTION',
      calls: 40,
      failures: 3,
      retries: 0,
      rateLimited: 0,
      heldBack: 4,
      retryBudgetExhausted: false,
    });
  });

  it('is HEALTHY since the last breaker closed', () => {
    const rows = [process({ since: ago(900) }), process({ since: ago(600), updatedAt: ago(500) }), process({})];
    expect(accountHealth(rows, now)).toMatchObject({ state: 'HEALTHY', since: ago(600) });
  });
});
