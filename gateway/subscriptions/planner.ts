import { createHash } from 'node:crypto';

import { operationFromDocument } from '@apollo/federation-internals';
import { buildOperationContext } from '@apollo/gateway';
import { print, visit } from 'graphql';

import { BoundedCache } from '#subgraphs/shared/graphql/bounded-cache.ts';
import { injectCursor } from './cursor-injection.ts';

import type { Schema, Supergraph } from '@apollo/federation-internals';
import type { FetchNode, PlanNode, QueryPlanner } from '@apollo/query-planner';
import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';

import type { InjectedSubscription } from './cursor-injection.ts';

const CACHED_PLANS = 500;

export interface SubscriptionPlan {
  readonly injected: InjectedSubscription;
  /** What the owning subgraph is asked for, for each event. */
  readonly primary: FetchNode;
  /** What other subgraphs add to an event; absent when it has none of their fields. */
  readonly rest: PlanNode | undefined;
  readonly operationContext: ReturnType<typeof buildOperationContext>;
  /** Equal for operations that say the same; where to begin (`after`) is not part of it. */
  readonly shape: string;
  /** The client's variables that the answer depends on. */
  readonly variables: readonly string[];
  /** Whether without a cursor the field begins with what happens next, for everybody. */
  readonly live: boolean;
}

/** How the subgraph marks such a field: `@tag(name: "live")`. Without it a stream may begin with how things stand (a job's progress). */
const LIVE = 'live';

export interface SubscriptionPlanner {
  plan(source: string, document: DocumentNode, operation: OperationDefinitionNode): SubscriptionPlan;
  readonly supergraphSchema: GraphQLSchema;
  readonly federatedApiSchema: Schema;
}

/** Splits a subscription into the part that its subgraph streams and the rest, which is fetched for each event. */
export function createSubscriptionPlanner(
  planner: QueryPlanner,
  apiSchema: GraphQLSchema,
  onLookup?: (hit: boolean) => void,
): SubscriptionPlanner {
  const { supergraph } = planner;
  const federatedApiSchema = supergraph.apiSchema();
  const plans = new BoundedCache<SubscriptionPlan>(CACHED_PLANS, onLookup);

  const build = (document: DocumentNode, operation: OperationDefinitionNode): SubscriptionPlan => {
    const injected = injectCursor(document, operation, apiSchema);
    const named = operation.name?.value;
    const which = named === undefined ? {} : { operationName: named };
    const { node } = planner.buildQueryPlan(operationFromDocument(federatedApiSchema, injected.document, which));
    if (node?.kind !== 'Subscription')
      throw new Error(`The planner made no subscription of ${named ?? 'an operation without a name'}.`);
    const operationContext = buildOperationContext({
      schema: apiSchema,
      operationDocument: injected.document,
      ...which,
    });
    return {
      injected,
      primary: node.primary,
      rest: node.rest,
      operationContext,
      shape: createHash('sha256')
        .update(`${named ?? ''}\n${print(injected.document)}`)
        .digest('base64url'),
      variables: variablesIn(injected),
      live: isLive(supergraph, injected.fieldName),
    };
  };

  const made: SubscriptionPlanner = {
    supergraphSchema: supergraph.schema.toGraphQLJSSchema(),
    federatedApiSchema,
    plan: (source, document, operation) => {
      const key = `${operation.name?.value ?? ''}\n${source}`;
      const known = plans.get(key);
      if (known !== undefined) return known;
      const plan = build(document, operation);
      plans.set(key, plan);
      return plan;
    },
  };
  return made;
}

function variablesIn({ document, resume }: InjectedSubscription): readonly string[] {
  const names = new Set<string>();
  visit(document, { VariableDefinition: () => false, Variable: ({ name }) => void names.add(name.value) });
  if (resume !== null) names.delete(resume.afterVariable);
  return [...names].sort();
}

function isLive(supergraph: Supergraph, fieldName: string): boolean {
  const field = supergraph.schema.schemaDefinition.rootType('subscription')?.field(fieldName);
  return field?.appliedDirectivesOf('tag').some((tag) => tag.arguments()['name'] === LIVE) ?? false;
}
