import { readFileSync, writeFileSync } from 'node:fs';
import { Supergraph } from '@apollo/federation-internals';
import { lexicographicSortSchema, printSchema } from 'graphql';

// The schema as a client sees it: the supergraph without federation's own parts. The code generator reads what this writes.
// With --check nothing is written, and a stale file is an error.

const SOURCE = new URL('../../schema/supergraph.graphql', import.meta.url);
const TARGET = new URL('generated/schema.graphql', import.meta.url);

const api = Supergraph.build(readFileSync(SOURCE, 'utf8')).apiSchema();
const printed = `# Printed from schema/supergraph.graphql by \`npm run codegen\`.\n\n${printSchema(lexicographicSortSchema(api.toGraphQLJSSchema()))}\n`;

if (!process.argv.includes('--check')) writeFileSync(TARGET, printed);
else if (readFileSync(TARGET, 'utf8') !== printed) {
  console.error('clients/typescript/generated/schema.graphql is stale. Run `npm run codegen` and commit the result.');
  process.exit(1);
}
