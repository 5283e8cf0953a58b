import {
  getOperationAST,
  getVariableValues,
  GraphQLError,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';

import { BoundedCache } from '#subgraphs/shared/graphql/bounded-cache.ts';
import { countLookups } from '#subgraphs/shared/metrics/lookups.ts';

import { limitRules } from '../operations.ts';
import { refusal } from '../refusals.ts';
import { Groups } from './groups.ts';
import { createSubscriptionPlanner } from './planner.ts';

import type { DocumentNode, GraphQLSchema, OperationDefinitionNode, ValidationRule } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';

import type { Source } from '../sources/source.ts';
import type { LoadedSupergraph } from '../supergraph.ts';
import type { GatewayDeps, GatewayLimits } from '../types.ts';
import type { SubscriptionPlanner } from './planner.ts';
import type { PlannedSubscription, SubscriptionResult } from './subscribe.ts';

const CACHED_DOCUMENTS = 500;

/** An operation that this schema has, with variables that fit. */
export interface CheckedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/** What operations over sockets are in one schema. Documents, plans and groups of subscribers belong to it and go with it. */
export interface SocketSchema {
  readonly apiSchema: GraphQLSchema;
  check(payload: SubscribePayload): CheckedOperation | readonly GraphQLError[];
  plan(payload: SubscribePayload, checked: CheckedOperation): PlannedSubscription;
  /** Sends the streams that are open on to the schema that came after; each from its last cursor, once it has one. */
  retire(): void;
  /** Sources that are open for subscriptions. */
  openSources(): number;
}

export interface SocketSchemaDeps {
  readonly deps: Pick<GatewayDeps, 'introspection' | 'log' | 'metrics'>;
  readonly limits: GatewayLimits;
  readonly sources: ReadonlyMap<string, Source>;
  readonly supergraph: LoadedSupergraph;
}

export function createSocketSchema({ deps, limits, sources, supergraph }: SocketSchemaDeps): SocketSchema {
  const apiSchema = supergraph.apiSchema();
  const documents = new BoundedCache<DocumentNode>(CACHED_DOCUMENTS, countLookups(deps.metrics, 'socket_documents'));
  const groups = new Groups<SubscriptionResult>();
  const rules = [...specifiedRules, ...limitRules(limits)];
  // Built when first needed: many gateways, and most tests, never see a subscription.
  let planner: SubscriptionPlanner | null = null;

  const parsed = (source: string): DocumentNode | readonly GraphQLError[] => {
    const known = documents.get(source);
    if (known !== undefined) return known;
    const document = parse(source, { maxLexicalTokens: limits.tokens });
    const mistakes = validated(apiSchema, document, rules, !deps.introspection);
    if (mistakes.length > 0) return mistakes.map(asValidationError);
    documents.set(source, document);
    return document;
  };

  const schema: SocketSchema = {
    apiSchema,
    check: (payload) => {
      const document = parsed(payload.query);
      if (!isDocument(document)) return document;
      const operation = getOperationAST(document, payload.operationName);
      if (!operation) return [unknownOperation()];
      if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return { document, operation };
      const { errors } = getVariableValues(apiSchema, operation.variableDefinitions ?? [], payload.variables ?? {});
      return errors?.map((error) => coded(error, 'BAD_USER_INPUT')) ?? { document, operation };
    },
    plan: (payload, { document, operation }) => {
      planner ??= createSubscriptionPlanner(
        supergraph.planner(),
        apiSchema,
        countLookups(deps.metrics, 'subscription_plans'),
      );
      const plan = planner.plan(payload.query, document, operation);
      return { planner, apiSchema, sources, log: deps.log, groups, plan };
    },
    retire: () => groups.retire(),
    openSources: () => groups.open,
  };
  return schema;
}

/** A rule of graphql-js throws, instead of reporting, when the root field of a subscription depends on a variable. */
function validated(
  schema: GraphQLSchema,
  document: DocumentNode,
  rules: readonly ValidationRule[],
  hideSuggestions: boolean,
): readonly GraphQLError[] {
  try {
    return validate(schema, document, rules, { hideSuggestions });
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

/** The codes that Apollo Server gives over HTTP; an error with a code of ours (a limit) keeps it. */
function asValidationError(error: GraphQLError): GraphQLError {
  return typeof error.extensions['code'] === 'string' ? error : coded(error, 'GRAPHQL_VALIDATION_FAILED');
}

export function coded(error: GraphQLError, code: string): GraphQLError {
  return withExtensions(error, { code });
}

export function withExtensions(error: GraphQLError, extensions: Readonly<Record<string, unknown>>): GraphQLError {
  const { message, nodes, source, positions } = error;
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    extensions,
  });
}

function isDocument(parsed: DocumentNode | readonly GraphQLError[]): parsed is DocumentNode {
  return 'kind' in parsed;
}

const unknownOperation = (): GraphQLError =>
  refusal({
    type: 'validation_error',
    code: 'OPERATION_RESOLUTION_FAILURE',
    message: 'The document has several operations or none of this name. Say which one in operationName.',
  });
