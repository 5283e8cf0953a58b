import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { printApiSchema } from './api-schema.ts';
import { breakingChanges } from './breaking-changes.ts';

/*
 * Compares the graph with the one that was released last, which is committed as schema/released/api.graphql so that a clone of any depth has it.
 *   check-breaking.ts          fails, and names each place, when a client of that release would break
 *   check-breaking.ts --write  makes the graph of today the released one: a step of a release, or of breaking something on purpose
 */

const RELEASED = path.join(import.meta.dirname, 'released', 'api.graphql');
const NOTE = '# What clients can rely on: the graph of the last release. Written by `npm run schema:release`.\n\n';

const { values } = parseArgs({ options: { write: { type: 'boolean' } } });
const current = printApiSchema(readFileSync(path.join(import.meta.dirname, 'supergraph.graphql'), 'utf8'));

if (values.write === true) writeFileSync(RELEASED, NOTE + current);
else {
  const changes = await breakingChanges(readFileSync(RELEASED, 'utf8'), current);
  for (const { coordinate, message } of changes) process.stderr.write(`${coordinate}: ${message}\n`);
  if (changes.length > 0) {
    process.stderr.write(
      `\nThis would break clients of the last release. Deprecate first, or, if it is meant, run \`npm run schema:release\` and commit the result with its reason.\n`,
    );
    process.exitCode = 1;
  }
}
