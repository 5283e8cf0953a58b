import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { composeServices } from '@apollo/composition';
import { execute, getNamedType, isInterfaceType, isObjectType, parse, type GraphQLSchema } from 'graphql';

import { shapeOnly } from './shape-only.ts';

/*
 * Prints each subgraph's part of the graph to schema/<domain>.graphql and composes schema/supergraph.graphql from them.
 *   build.ts                      writes what has changed
 *   build.ts --check              fails when a printed subgraph is stale
 *   build.ts --check-composition  fails when the supergraph is stale or the committed parts don't compose
 */

const FOLDER = import.meta.dirname;
const SUBGRAPHS = path.join(FOLDER, '..', 'subgraphs');

async function printAll(): Promise<ReadonlyMap<string, string>> {
  const names = readdirSync(SUBGRAPHS, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && entry.name !== 'shared',
  );
  const printed = await Promise.all(names.map(async ({ name }) => [name, await print(name)] as const));
  return new Map(printed.sort(([a], [b]) => a.localeCompare(b)));
}

/** What the subgraph itself tells a gateway that asks for its part. */
async function print(name: string): Promise<string> {
  const schema = await schemaOf(name);
  refuseRootNames(name, schema);
  const { data, errors } = await execute({ schema, document: parse('{ _service { sdl } }') });
  const sdl = (data?.['_service'] as { sdl?: unknown } | undefined)?.sdl;
  if (typeof sdl !== 'string')
    throw new Error(`The subgraph ${name} did not print itself: ${errors?.[0]?.message ?? 'no answer'}`);
  return `${sdl.trim()}\n`;
}

/** An object named Subscription (say, a customer's) is taken for the root type, here and in composition, which merges them without a word. */
function refuseRootNames(name: string, schema: GraphQLSchema): void {
  const roots: readonly unknown[] = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    const field = Object.values(type.getFields()).find((one) => roots.includes(getNamedType(one.type)));
    if (field === undefined) continue;
    const root = getNamedType(field.type).name;
    throw new Error(
      `${type.name}.${field.name} of the subgraph ${name} answers ${root}, the name of a root type. Give that type another name.`,
    );
  }
}

/** A domain's schema/index.ts exports a function that builds it from what its resolvers will need. */
async function schemaOf(name: string): Promise<GraphQLSchema> {
  const exported = (await import(path.join(SUBGRAPHS, name, 'schema', 'index.ts'))) as Record<string, unknown>;
  const [, build] = Object.entries(exported).find(([key]) => /^build\w+Schema$/.test(key)) ?? [];
  if (typeof build !== 'function') throw new Error(`subgraphs/${name}/schema/index.ts exports no build…Schema.`);
  return (build as (deps: unknown) => GraphQLSchema)(shapeOnly());
}

function compose(sdls: ReadonlyMap<string, string>): string {
  // The address is where a subgraph would be over HTTP; in process it is not used, and a composition wants one.
  const services = [...sdls].map(([name, sdl]) => ({
    name,
    typeDefs: parse(sdl),
    url: `http://${name}.subgraphs.internal/graphql`,
  }));
  const { supergraphSdl, errors, hints } = composeServices(services);
  if (supergraphSdl === undefined)
    throw new Error(`The subgraphs do not compose:\n${errors.map(({ message }) => `- ${message}`).join('\n')}`);
  for (const hint of hints) if (hint.definition.level.name === 'WARN') process.stderr.write(`hint: ${hint.message}\n`);
  return `${supergraphSdl.trim()}\n`;
}

function fileOf(name: string): string {
  return path.join(FOLDER, `${name}.graphql`);
}

function committed(name: string): string | null {
  try {
    return readFileSync(fileOf(name), 'utf8');
  } catch {
    return null;
  }
}

function committedParts(): ReadonlyMap<string, string> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.graphql') && file !== 'supergraph.graphql');
  return new Map(
    files.sort().map((file) => [path.basename(file, '.graphql'), readFileSync(path.join(FOLDER, file), 'utf8')]),
  );
}

/** Names whose committed file differs from what was made now, or which have a file and no subgraph any more. */
function stale(made: ReadonlyMap<string, string>): string[] {
  const changed = [...made].filter(([name, sdl]) => committed(name) !== sdl).map(([name]) => name);
  const orphans = [...committedParts().keys()].filter((name) => !made.has(name));
  return [...changed, ...orphans];
}

function fail(names: readonly string[], reason: string): void {
  if (names.length === 0) return;
  process.stderr.write(
    `${reason}: ${names.map((name) => `schema/${name}.graphql`).join(', ')}. Run "npm run schema" and commit the result.\n`,
  );
  process.exitCode = 1;
}

const { values } = parseArgs({ options: { check: { type: 'boolean' }, 'check-composition': { type: 'boolean' } } });

if (values['check-composition'] === true) {
  fail(committed('supergraph') === compose(committedParts()) ? [] : ['supergraph'], 'The composed supergraph is stale');
} else if (values.check === true) {
  fail(stale(await printAll()), 'Printed schemas are stale');
} else {
  const parts = await printAll();
  const supergraph = compose(parts);
  for (const [name, sdl] of [...parts, ['supergraph', supergraph] as const]) {
    if (committed(name) === sdl) continue;
    writeFileSync(fileOf(name), sdl);
    process.stdout.write(`wrote schema/${name}.graphql\n`);
  }
}
