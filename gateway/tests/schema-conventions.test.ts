import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, it } from '@jest/globals';
import { getNamedType, isNonNullType, isObjectType, Kind, parse, validate } from 'graphql';

import { createSubscriptionPlanner } from '../subscriptions/planner.ts';
import { createOperations } from '../operations.ts';
import { InProcessSource } from '../sources/in-process.ts';
import { limitsFrom } from '../limits.ts';
import { loadSupergraph } from '../supergraph.ts';
import { createTestGraph } from './support/subgraphs.ts';

import type { QueryPlanner } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';

import type { GatewayDeps, GatewayLog } from '../types.ts';

const FILE = path.join(import.meta.dirname, '..', '..', 'schema', 'supergraph.graphql');
const quiet: GatewayLog = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** The committed supergraph as clients see it. Its sources are never called: any will do. */
async function committed(): Promise<{ sdl: string; api: GraphQLSchema; planner: QueryPlanner }> {
  const supergraphSdl = readFileSync(FILE, 'utf8');
  const { subgraphs } = createTestGraph();
  const names = [...supergraphSdl.matchAll(/@join__graph\(name: "(\w+)"/g)].map((match) => match[1] ?? '');
  const sources = new Map(names.map((name) => [name, new InProcessSource(name, subgraphs.billing, quiet)]));
  const supergraph = loadSupergraph(supergraphSdl, sources, quiet);
  const deps: GatewayDeps = {
    supergraphSdl,
    subgraphs: {},
    authenticate: () => Promise.resolve({ kind: 'ANONYMOUS' }),
    playground: false,
    introspection: true,
    log: quiet,
    version: '0',
  };
  const apollo = createOperations(deps, limitsFrom(undefined), supergraph);
  await apollo.start();
  const api = supergraph.apiSchema();
  const planner = supergraph.planner();
  await apollo.stop();
  return { sdl: supergraphSdl, api, planner };
}

it('the supergraph is committed', () => {
  expect(existsSync(FILE)).toBe(true);
});

it('every subscription can be resumed: it takes `after: String` and its events carry `cursor: String!`', async () => {
  const { api } = await committed();
  const fields = Object.values(api.getSubscriptionType()?.getFields() ?? {});
  expect(fields.length).toBeGreaterThan(0);
  for (const field of fields) {
    const event = getNamedType(field.type);
    const cursor = isObjectType(event) ? event.getFields()['cursor'] : undefined;
    const found = {
      after: String(field.args.find(({ name }) => name === 'after')?.type),
      cursor: String(cursor?.type),
    };
    expect({ field: field.name, ...found }).toEqual({ field: field.name, after: 'String', cursor: 'String!' });
  }
});

it('every subscription is planned, with the cursor asked for in its first fetch', async () => {
  const { api, ...supergraph } = await committed();
  const planner = createSubscriptionPlanner(supergraph.planner, api);
  for (const field of Object.values(api.getSubscriptionType()?.getFields() ?? {})) {
    const required = field.args
      .filter(({ type }) => isNonNullType(type))
      .map(({ name, type }) => ({ name, type: String(type) }));
    const variables =
      required.length === 0 ? '' : `(${required.map(({ name, type }) => `$${name}: ${type}`).join(', ')})`;
    const given = required.length === 0 ? '' : `(${required.map(({ name }) => `${name}: $${name}`).join(', ')})`;
    const source = `subscription${variables} { ${field.name}${given} { __typename } }`;
    const document = parse(source);
    expect(validate(api, document)).toEqual([]);
    const [operation] = document.definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('not an operation');
    const { primary } = planner.plan(source, document, operation);
    expect(primary.operation).toContain('__cursor:cursor');
    expect(primary.operation).toContain('after:$__after');
  }
});

it('no entity asks for fields with arguments in @requires, which the planner answers wrongly and without an error', async () => {
  const { sdl } = await committed();
  expect(
    [...sdl.matchAll(/requires: "([^"]*)"/g)].map((match) => match[1]).filter((selection) => selection?.includes('(')),
  ).toEqual([]);
});
