import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { constantTimeEqual, createVault, deriveKey, randomToken, sha256Hex, UnsealError } from './crypto.ts';

const KEY = Buffer.alloc(32, 7);
const OTHER = Buffer.alloc(32, 8);
const texts = fc.string({ unit: 'grapheme', maxLength: 200 });

describe('the vault', () => {
  const vault = createVault(KEY);

  it('opens what it sealed, at the same place', () => {
    fc.assert(
      fc.property(texts, texts, (plain, aad) => {
        expect(vault.decrypt(vault.encrypt(plain, aad), aad)).toBe(plain);
      }),
    );
  });

  it('does not open what was moved to another place', () => {
    const sealed = vault.encrypt('sk_test_1', 'connection/ws_1/conn_1');
    expect(() => vault.decrypt(sealed, 'connection/ws_2/conn_1')).toThrow(UnsealError);
    expect(() => vault.decrypt(sealed, '')).toThrow(UnsealError);
  });

  it('does not open what was altered, at any character', () => {
    const sealed = vault.encrypt('sk_test_1', 'here');
    for (let i = 0; i < sealed.length; i++) {
      const altered = sealed.slice(0, i) + (sealed[i] === 'A' ? 'B' : 'A') + sealed.slice(i + 1);
      expect(() => vault.decrypt(altered, 'here')).toThrow(UnsealError);
    }
  });

  it.each(['', 'v1', 'v1.x', 'v1..', 'hello', 'v2.00000000.AAAA'])('does not open %p', (text) => {
    expect(() => vault.decrypt(text, 'here')).toThrow(UnsealError);
  });

  it('does not open what was cut short, made longer or spelled differently', () => {
    const sealed = vault.encrypt('sk_test_1', 'here');
    for (const other of [
      sealed.slice(0, -1),
      sealed.slice(0, 40),
      `${sealed}A`,
      `${sealed}=`,
      `${sealed}.x`,
      ` ${sealed}`,
    ]) {
      expect(() => vault.decrypt(other, 'here')).toThrow(UnsealError);
    }
  });

  it('seals the same text differently each time, so that equal secrets do not show', () => {
    expect(new Set(Array.from({ length: 100 }, () => vault.encrypt('same', 'here'))).size).toBe(100);
  });

  it('opens what a retired key sealed, and seals with the current one only', () => {
    const old = vault.encrypt('kept', 'here');
    const rolled = createVault(OTHER, [KEY]);
    expect(rolled.decrypt(old, 'here')).toBe('kept');
    expect(() => vault.decrypt(rolled.encrypt('new', 'here'), 'here')).toThrow(/not configured/);
    expect(() => createVault(OTHER).decrypt(old, 'here')).toThrow(UnsealError);
  });

  it('shows neither key nor text when it is printed or fails', () => {
    const sealed = vault.encrypt('sk_test_hidden', 'here');
    const failure = ((): unknown => {
      try {
        return vault.decrypt(sealed, 'elsewhere');
      } catch (error) {
        return error;
      }
    })();
    const shown = [
      inspect(vault, { depth: 9, showHidden: true }),
      JSON.stringify(vault),
      `vault: ${vault as unknown as string}`,
      inspect(failure, { depth: 9 }),
    ].join();
    for (const secret of [
      'hidden',
      KEY.toString('hex'),
      KEY.toString('base64'),
      '07 07 07',
      deriveKey(KEY, 'vault').toString('hex'),
    ]) {
      expect(shown).not.toContain(secret);
    }
  });

  it('refuses a master key of the wrong length', () => {
    expect(() => createVault(Buffer.alloc(16))).toThrow(RangeError);
  });
});

describe('derived keys', () => {
  it('are the same for the same purpose, and different for another or from another master key', () => {
    const keys = [deriveKey(KEY, 'vault'), deriveKey(KEY, 'cursor'), deriveKey(OTHER, 'vault'), KEY].map((key) =>
      key.toString('hex'),
    );
    expect(new Set(keys).size).toBe(4);
    expect(deriveKey(KEY, 'vault').equals(deriveKey(KEY, 'vault'))).toBe(true);
    expect(keys[0]).toHaveLength(64);
  });

  it('are what HKDF-SHA-256 says, so that what is sealed today opens after any rewrite', () => {
    expect(deriveKey(KEY, 'vault').toString('hex')).toBe(
      '8241ec425420412e4eec83dab76b24b3be2e110c14494cd0924acd81d2535ea9',
    );
  });
});

describe('small tools', () => {
  it('hashes as SHA-256', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(sha256Hex(Buffer.from('abc'))).toBe(sha256Hex('abc'));
  });

  it('makes tokens that fit into a URL and do not repeat', () => {
    expect(randomToken()).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(randomToken()).not.toBe(randomToken());
    expect(randomToken(16)).toHaveLength(22);
  });

  it('compares texts and bytes of any length', () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        expect(constantTimeEqual(a, b)).toBe(a === b);
        expect(constantTimeEqual(a, Buffer.from(a))).toBe(true);
      }),
    );
  });
});
