import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { manualClock } from '../time/clock.ts';
import { decodeBase62, encodeBase62, ID_BITS } from './base62.ts';
import { createIdSource, firstId, ID_PREFIXES, isId, mirrorId, systemIds, timeOfId } from './ids.ts';

const MAX = (1n << BigInt(ID_BITS)) - 1n;
const bits = fc.bigInt({ min: 0n, max: MAX });

/** As `COLLATE "C"` does: byte by byte. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

describe('the codec', () => {
  it('reads back what it wrote, always in 20 characters', () => {
    fc.assert(
      fc.property(bits, (value) => {
        const text = encodeBase62(value);
        expect(text).toMatch(/^[0-9A-Za-z]{20}$/);
        expect(decodeBase62(text)).toBe(value);
      }),
    );
  });

  it('writes again what it read', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-Za-z]{20}$/), (text) => {
        const value = decodeBase62(text);
        fc.pre(value !== null); // the topmost texts stand for more than 119 bits
        expect(encodeBase62(value)).toBe(text);
      }),
    );
  });

  it('keeps the order of the numbers in the order of the bytes', () => {
    fc.assert(
      fc.property(bits, bits, (a, b) => {
        expect(Math.sign(byBytes(encodeBase62(a), encodeBase62(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it.each([
    { bits: 0n, text: '00000000000000000000' },
    { bits: 61n, text: '0000000000000000000z' },
    { bits: 62n, text: '00000000000000000010' },
    { bits: MAX, text: 'wUlFeUHcE1B9u5BFOMyF' },
  ])('writes $bits as $text', ({ bits: value, text }) => {
    expect(encodeBase62(value)).toBe(text);
  });

  it.each(['zzzzzzzzzzzzzzzzzzzz', '0', '', '000000000000000000-0', '000000000000000000000', '０0000000000000000000'])(
    'does not read %p, which it cannot have written',
    (text) => {
      expect(decodeBase62(text)).toBeNull();
    },
  );

  it('refuses numbers outside of 119 bits', () => {
    expect(() => encodeBase62(MAX + 1n)).toThrow(RangeError);
    expect(() => encodeBase62(-1n)).toThrow(RangeError);
  });
});

describe('an id source', () => {
  it('makes ids that sort by the time they were made', () => {
    const instants = fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 1e12 }), (start, gapMs) => {
        const clock = manualClock(start);
        const ids = createIdSource(clock);
        const earlier = ids.next('case');
        clock.advance({ ms: gapMs });
        expect(byBytes(earlier, ids.next('case'))).toBe(-1);
        expect(timeOfId(earlier)).toEqual(start);
      }),
    );
  });

  it('fills all 71 random bits and never the time', () => {
    const at = new Date('2026-11-20T10:00:00.123Z');
    const full = createIdSource({ now: () => at }, (n) => new Uint8Array(n).fill(0xff)).next('evt');
    const empty = createIdSource({ now: () => at }, (n) => new Uint8Array(n)).next('evt');
    const body = (id: string): bigint => decodeBase62(id.slice(4)) ?? -1n;
    expect(body(full) - body(empty)).toBe((1n << 71n) - 1n);
    expect(timeOfId(full)).toEqual(at);
    expect(timeOfId(empty)).toEqual(at);
  });

  it('does not repeat itself within one millisecond', () => {
    const ids = createIdSource(manualClock('2026-01-01'));
    expect(new Set(Array.from({ length: 2_000 }, () => ids.next('evt'))).size).toBe(2_000);
  });

  it('refuses an instant that 48 bits cannot hold', () => {
    expect(() => createIdSource(manualClock('1969-12-31')).next('evt')).toThrow(RangeError);
  });
});

describe('isId', () => {
  it.each(ID_PREFIXES)('knows a %s id, and tells it from the other kinds', (prefix) => {
    const id = systemIds.next(prefix);
    expect(ID_PREFIXES.filter((each) => isId(each, id))).toEqual([prefix]);
  });

  it.each([
    '',
    'inv_',
    'inv_123',
    'inv_zzzzzzzzzzzzzzzzzzzz',
    'inv_0000000000000000000 ',
    'INV_00000000000000000000',
    "inv_0000000000000000000'",
  ])('refuses %p', (text) => {
    expect(isId('inv', text)).toBe(false);
  });
});

describe('a mirror id', () => {
  it('is the same for the same object, and stays what it was in earlier releases', () => {
    const id = mirrorId('inv', 'ws_1', 'acct_1', 'in_1');
    expect(mirrorId('inv', 'ws_1', 'acct_1', 'in_1')).toBe(id);
    expect(isId('inv', id)).toBe(true);
    expect(id).toBe('inv_WqtTU3xbG71cBo8V6bfo');
  });

  it('differs when workspace, account or object differ, wherever the border between the parts lies', () => {
    const parts = fc.tuple(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        fc.pre(a.some((part, i) => part !== b[i]));
        expect(mirrorId('inv', ...a)).not.toBe(mirrorId('inv', ...b));
      }),
    );
    expect(mirrorId('inv', 'ws_1', 'acct_1a', 'b')).not.toBe(mirrorId('inv', 'ws_1', 'acct_1', 'ab'));
  });
});

describe('the first id of an instant', () => {
  it('sorts after every id that was made before, and before every one that is made from then on', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 47 }),
        fc.integer({ min: -5, max: 5 }),
        fc.uint8Array({ minLength: 9, maxLength: 9 }),
        (ms, apart, noise) => {
          const made = createIdSource(manualClock(new Date(Math.max(0, ms + apart))), () => noise).next('evt');
          const first = firstId('evt', new Date(ms));
          expect(byBytes(made, first) >= 0).toBe(ms + apart >= ms);
          expect(timeOfId(first)).toEqual(new Date(ms));
        },
      ),
    );
  });
});
