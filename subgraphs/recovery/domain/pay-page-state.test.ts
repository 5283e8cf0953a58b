import { describe, expect, it } from '@jest/globals';
import { endedLinkState, linkStateAt, mayComplete } from './magic-link.ts';
import { payPageState } from './pay-page-state.ts';

const NOW = new Date('2026-03-04T11:00:00Z');
const later = new Date('2026-03-05T11:00:00Z');
const open = { state: 'OPEN', closeReason: null } as const;
const closed = (closeReason: 'VOIDED' | 'CANCELED' | 'EXHAUSTED') => ({ state: 'CLOSED', closeReason }) as const;
const base = {
  link: { state: 'ISSUED', expiresAt: later },
  theCase: open,
  invoiceStatus: 'open',
  attempt: null,
  now: NOW,
} as const;

describe('what the holder of a link finds', () => {
  it.each([
    ['a fresh link', {}, 'READY'],
    ['an opened link', { link: { state: 'OPENED', expiresAt: later } }, 'READY'],
    ['a link at its last instant', { link: { state: 'OPENED', expiresAt: NOW } }, 'EXPIRED'],
    ['a revoked link', { link: { state: 'REVOKED', expiresAt: later } }, 'REVOKED'],
    ['a used link', { link: { state: 'COMPLETED', expiresAt: later } }, 'COLLECTING'],
    [
      'a used link whose card is being charged',
      { link: { state: 'COMPLETED', expiresAt: later }, attempt: 'SENDING' },
      'COLLECTING',
    ],
    [
      'a used link whose card was refused',
      { link: { state: 'COMPLETED', expiresAt: later }, attempt: 'DECLINED' },
      'REFUSED',
    ],
    [
      'a case that succeeded',
      { theCase: { state: 'RECOVERED', closeReason: null }, link: { state: 'REVOKED', expiresAt: later } },
      'SETTLED',
    ],
    ['an invoice paid a moment ago', { invoiceStatus: 'PAID' }, 'SETTLED'],
    [
      'a paid invoice behind an expired link',
      { invoiceStatus: 'paid', link: { state: 'EXPIRED', expiresAt: NOW } },
      'SETTLED',
    ],
    ['a voided invoice', { invoiceStatus: 'void' }, 'NOTHING_DUE'],
    ['a case closed by a void', { theCase: closed('VOIDED'), invoiceStatus: null }, 'NOTHING_DUE'],
    ['a canceled case', { theCase: closed('CANCELED') }, 'REVOKED'],
    ['an exhausted case', { theCase: closed('EXHAUSTED'), link: { state: 'REVOKED', expiresAt: later } }, 'REVOKED'],
  ] as const)('with %s is %s', (_what, change, state) => {
    expect(payPageState({ ...base, ...change })).toBe(state);
  });
});

describe('a magic link', () => {
  it('is expired from its instant on, unless it ended before', () => {
    expect(linkStateAt({ state: 'ISSUED', expiresAt: NOW }, NOW)).toBe('EXPIRED');
    expect(linkStateAt({ state: 'ISSUED', expiresAt: later }, NOW)).toBe('ISSUED');
    expect(linkStateAt({ state: 'COMPLETED', expiresAt: NOW }, later)).toBe('COMPLETED');
    expect(linkStateAt({ state: 'REVOKED', expiresAt: NOW }, later)).toBe('REVOKED');
  });

  it('that is no longer wanted is revoked, or expired when its time was over anyway', () => {
    expect(endedLinkState({ state: 'OPENED', expiresAt: later }, NOW)).toBe('REVOKED');
    expect(endedLinkState({ state: 'OPENED', expiresAt: NOW }, NOW)).toBe('EXPIRED');
  });

  it.each([
    ['ISSUED', true],
    ['OPENED', true],
    ['EXPIRED', true],
    ['REVOKED', false],
    ['COMPLETED', false],
  ] as const)('that is %s may be completed: %s', (state, may) => {
    expect(mayComplete(state)).toBe(may);
  });
});
