import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { statementNames } from './statement-names.ts';

describe('names of statements', () => {
  it('are given to those that come again and again, one each, and to so many only', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 8_000 }), (asked) => {
        const nameOf = statementNames();
        const texts = new Map<string, string>();
        for (const n of [...asked, ...asked]) {
          const [sql, name] = [`SELECT ${String(n)}`, nameOf(`SELECT ${String(n)}`)];
          if (name === undefined) continue;
          expect(texts.get(name) ?? sql).toBe(sql);
          texts.set(name, sql);
        }
        expect(texts.size).toBeLessThanOrEqual(250);
      }),
      { numRuns: 20 },
    );
  });

  it('are not given to what comes once, however much of it comes', () => {
    const nameOf = statementNames();
    for (let n = 0; n < 10_000; n += 1) expect(nameOf(`SELECT ${String(n)}`)).toBeUndefined();
    const names = [1, 2, 3, 4, 5, 6].map(() => nameOf('SELECT again'));
    expect(names).toEqual([undefined, undefined, undefined, undefined, 's0', 's0']);
  });
});
