import { expect, it } from '@jest/globals';
import { type DocumentNode, parse } from 'graphql';
import { rememberedByTree } from './remembered-by-tree.ts';

const SCHEMA = { name: 'one' };
const OPERATION = parse('{ viewer { kind } }');

/** As the gateway hands it on: a document of its own each time, of the same trees. */
const handedOn = ({ definitions }: DocumentNode): DocumentNode => ({ ...OPERATION, definitions: [...definitions] });

function counted(): {
  read: (schema: object, document: DocumentNode, operationName?: string) => object;
  reads: string[];
} {
  const reads: string[] = [];
  const read = rememberedByTree((_schema: object, document: DocumentNode, operationName?: string) => {
    reads.push(`${String(document.definitions.length)} ${operationName ?? ''}`);
    if (operationName === 'Refused') throw new Error('refused');
    return {};
  });
  return { read, reads };
}

it('reads an operation once, however often its tree is handed on', () => {
  const { read, reads } = counted();
  const first = read(SCHEMA, OPERATION, 'Named');
  expect(read(SCHEMA, handedOn(OPERATION), 'Named')).toBe(first);
  expect(reads).toEqual(['1 Named']);
});

it('reads it again under another schema, and another operation of the same text', () => {
  const { read } = counted();
  const first = read(SCHEMA, OPERATION);
  expect(read({ ...SCHEMA }, OPERATION)).not.toBe(first);
  expect(read(SCHEMA, parse('{ viewer { kind } }'))).not.toBe(first);
  expect(read(SCHEMA, OPERATION)).toBe(first);
});

it('remembers nothing of what could not be read, and nothing without an operation', () => {
  const { read, reads } = counted();
  expect(() => read(SCHEMA, OPERATION, 'Refused')).toThrow('refused');
  const first = read(SCHEMA, OPERATION);
  expect(read(SCHEMA, OPERATION)).toBe(first);
  const empty = { ...OPERATION, definitions: [] };
  expect(read(SCHEMA, empty)).not.toBe(read(SCHEMA, empty));
  expect(reads).toEqual(['1 Refused', '1 ', '0 ', '0 ']);
});
