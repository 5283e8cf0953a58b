import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, print, visit } from 'graphql';
import { printApiSchema } from './api-schema.ts';
import { breakingChanges } from './breaking-changes.ts';

const sdl = printApiSchema(readFileSync(path.join(import.meta.dirname, 'supergraph.graphql'), 'utf8'));

/** Without descriptions, so that a line is a field, a value or a brace. */
const released = print(
  visit(parse(sdl), { enter: (node) => ('description' in node ? { ...node, description: undefined } : undefined) }),
);

/** The graph with one line changed, which must be there. */
function changed(find: RegExp, replacement: string): string {
  const other = released.replace(find, replacement);
  if (other === released) throw new Error(`The graph has nothing like ${String(find)}.`);
  return other;
}

const coordinates = async (from: string, to: string): Promise<string[]> =>
  (await breakingChanges(from, to)).map(({ coordinate }) => coordinate);

describe('the comparison with the released graph', () => {
  it('finds nothing between a graph and itself', async () => {
    expect(await breakingChanges(released, released)).toEqual([]);
  });

  it.each([
    {
      what: 'a removed field',
      find: /(?<=^type Invoice [^}]*?)\n {2}number: String\n/m,
      put: '\n',
      at: 'Invoice.number',
    },
    { what: 'a field that may now be null', find: /(?<=^type Job [^}]*?\n {2}id: ID)!/m, put: '', at: 'Job.id' },
    {
      what: 'a removed enum value',
      find: /(?<=^enum JobState [^}]*?)\n {2}FAILED\n/m,
      put: '\n',
      at: 'JobState.FAILED',
    },
    {
      what: 'a new argument that must be given',
      find: /(?<=^type Query [^}]*? {2}job\()/m,
      put: 'must: Int!, ',
      at: 'Query.job.must',
    },
  ])('names the place of $what', async ({ find, put, at }) => {
    expect(await coordinates(released, changed(find, put))).toEqual([at]);
  });

  it('lets through what is added', async () => {
    const more = changed(/(?<=^enum JobState \{\n)/m, '  PAUSED\n').replace(
      /(?<=^type Invoice [^{]*\{\n)/m,
      '  added(optional: Int): Int\n',
    );
    expect(more).toContain('added(optional: Int)');
    expect(await breakingChanges(released, more)).toEqual([]);
  });

  it('lets a field go that was deprecated at the release', async () => {
    const before = changed(/(?<=^type Invoice [^{]*\{\n)/m, '  old: Int @deprecated(reason: "See number.")\n');
    expect(await breakingChanges(before, released)).toEqual([]);
  });
});
