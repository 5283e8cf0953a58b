import { describe, expect, it } from '@jest/globals';
import { createVault } from '../crypto/vault.ts';
import { openAnswer, sealAnswer } from './answers.ts';

const vault = createVault(Buffer.alloc(32, 3));

describe('a kept answer', () => {
  it.each([
    { what: 'nothing', answer: undefined },
    { what: 'null', answer: null },
    { what: 'a date', answer: new Date('2026-11-20T12:00:00.123Z') },
    { what: 'a number beyond what JSON keeps', answer: 2n ** 200n },
    { what: 'text in any script', answer: 'Łódź 🙂\u0000' },
    {
      what: 'nested parts',
      answer: { rows: [{ at: new Date(0), amountMinor: -1n, gone: undefined }], by: new Map([['a', 1]]) },
    },
  ])('opens as it was sealed: $what', ({ answer }) => {
    expect(openAnswer(vault, sealAnswer(vault, answer, 'place'), 'place')).toStrictEqual(answer);
  });

  it('shows nothing of itself, and differs each time', () => {
    const sealed = [1, 2].map(() => sealAnswer(vault, { apiKey: 'op_test_secret' }, 'place'));
    expect(sealed[0]).not.toBe(sealed[1]);
    expect(sealed.join(' ')).not.toMatch(/op_test|b3BfdGVzd/);
  });

  it('opens at its own place only', () => {
    const sealed = sealAnswer(vault, 'answer', 'idempotency:ws_a:k');
    expect(() => openAnswer(vault, sealed, 'idempotency:ws_b:k')).toThrow(/belongs elsewhere/);
  });

  it('that could not be given back alike is refused when it is kept', () => {
    expect(() => sealAnswer(vault, { later: () => 1 }, 'place')).toThrow(/could not be cloned/);
  });
});
