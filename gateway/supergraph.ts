import { ApolloGateway } from '@apollo/gateway';
import { Kind, parse, print, visit } from 'graphql';

import type { QueryPlanner } from '@apollo/query-planner';
import type { ApolloServerOptions } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import type { DirectiveNode, DocumentNode } from 'graphql';

import type { Source } from './sources/source.ts';
import type { RequestScope } from './request-scope.ts';
import type { GatewayLog } from './types.ts';

/** Their features are marked `for: SECURITY`, and the stock gateway does not start on one that it can't enforce. Subgraphs enforce them. */
const ENFORCED_BY_SUBGRAPHS = ['authenticated', 'requiresScopes', 'policy'] as const;

/** The same supergraph without the authorization directives that `@apollo/gateway` refuses to load. */
export function withoutAuthorizationDirectives(supergraphSdl: string): string {
  const names = new Set<string>(ENFORCED_BY_SUBGRAPHS);
  if (!ENFORCED_BY_SUBGRAPHS.some((name) => supergraphSdl.includes(`/${name}/`))) return supergraphSdl;
  const document: DocumentNode = visit(parse(supergraphSdl, { noLocation: true }), {
    Directive: (node) =>
      names.has(node.name.value) || (node.name.value === 'link' && linksOneOf(node, names)) ? null : undefined,
    DirectiveDefinition: (node) => (names.has(node.name.value) ? null : undefined),
    ScalarTypeDefinition: (node) =>
      names.has(node.name.value.split('__')[0] ?? '') && node.name.value.includes('__') ? null : undefined,
  });
  return print(document);
}

function linksOneOf(link: DirectiveNode, names: ReadonlySet<string>): boolean {
  const url = link.arguments?.find((argument) => argument.name.value === 'url')?.value;
  if (url?.kind !== Kind.STRING) return false;
  const feature = url.value.split('/').at(-2) ?? '';
  return names.has(feature);
}

export interface LoadedSupergraph {
  /** What Apollo Server takes as `gateway`. */
  readonly gateway: NonNullable<ApolloServerOptions<RequestScope>['gateway']>;
  /** The schema that clients see. There once Apollo Server has started. */
  apiSchema(): GraphQLSchema;
  /** What plans its operations. There once Apollo Server has started. */
  planner(): QueryPlanner;
}

/** Every subgraph that the supergraph names must have a source: a missing one would only show at its first query. */
export function loadSupergraph(
  supergraphSdl: string,
  sources: ReadonlyMap<string, Source>,
  log: GatewayLog,
): LoadedSupergraph {
  const sdl = withoutAuthorizationDirectives(supergraphSdl);
  const sourceOf = ({ name }: { name: string }): Source => {
    const source = sources.get(name);
    if (source !== undefined) return source;
    const known = [...sources.keys()].join(', ');
    throw new Error(`The supergraph names the subgraph "${name}", but no source for it was given. Known: ${known}.`);
  };
  const apollo = new ApolloGateway({
    supergraphSdl: sdl,
    __exposeQueryPlanExperimental: false,
    // Loading one validates it as SDL, and what clients see of it as a schema. Doing so once more takes a third of a second of each start.
    validateSupergraph: false,
    logger: quietLogger(log),
    buildService: sourceOf,
  });
  const loaded: LoadedSupergraph = {
    gateway: apollo,
    apiSchema: () => {
      if (apollo.schema === undefined) throw new Error('The supergraph is not loaded yet.');
      return apollo.schema;
    },
    planner: () => {
      // The gateway shows it to its own tests alone; a second one would be 11 MB, and built while the first subscriber waits.
      const { queryPlanner } = apollo.__testing();
      if (queryPlanner === undefined) throw new Error('The supergraph is not loaded yet.');
      return queryPlanner;
    },
  };
  return loaded;
}

function quietLogger(log: GatewayLog): Record<'debug' | 'info' | 'warn' | 'error', (message?: unknown) => void> {
  return {
    debug: () => undefined,
    info: (message) => log.debug({ from: 'supergraph' }, String(message)),
    warn: (message) => log.warn({ from: 'supergraph' }, String(message)),
    error: (message) => log.error({ from: 'supergraph' }, String(message)),
  };
}
