import { executeQueryPlan } from '@apollo/gateway';

import { formatError, signed, withCompletionErrors } from '../plugins/error-masking.ts';

import type { ExecutionResult, FormattedExecutionResult } from 'graphql';
import type { ServiceMap } from '@apollo/gateway';
import type { QueryPlan } from '@apollo/query-planner';

import type { ClientRequest, Fetch, Source } from '../sources/source.ts';
import type { RequestScope } from '../request-scope.ts';
import type { GatewayLog } from '../types.ts';
import type { Delivery } from './event-stream.ts';
import type { Upstream } from './groups.ts';
import type { SubscriptionPlan, SubscriptionPlanner } from './planner.ts';

/** The name under which a plan finds the event itself; no subgraph can be called so. */
const EVENT = '$event';

export interface UpstreamDeps {
  readonly planner: SubscriptionPlanner;
  readonly sources: ReadonlyMap<string, Source>;
  readonly log: GatewayLog;
}

export type SubscriptionResult = FormattedExecutionResult & { extensions?: { cursor?: string } };

/** A planned subscription against its subgraph: opens the source there, and joins each event with what other subgraphs add. */
export function createUpstream(
  deps: UpstreamDeps,
  plan: SubscriptionPlan,
  operation: ClientRequest,
): Upstream<SubscriptionResult> {
  const source = deps.sources.get(plan.primary.serviceName);
  if (source === undefined) throw new Error(`There is no source for the subgraph "${plan.primary.serviceName}".`);
  const upstream: Upstream<SubscriptionResult> = {
    open: async (after, scope) => source.open(primaryFetch(plan, operation, after), scope, operation),
    deliver: async (event, scope) => deliver(deps, { plan, operation, source, scope }, event),
  };
  return upstream;
}

interface Delivering {
  readonly plan: SubscriptionPlan;
  readonly operation: ClientRequest;
  readonly source: Source;
  readonly scope: RequestScope;
}

async function deliver(
  deps: UpstreamDeps,
  { plan, operation, source, scope }: Delivering,
  event: unknown,
): Promise<Delivery<SubscriptionResult>> {
  const services: ServiceMap = {
    ...Object.fromEntries(deps.sources),
    [EVENT]: { process: async () => source.answer(event, primaryFetch(plan, operation, null), scope, operation) },
  };
  const executed = await executeQueryPlan(
    perEvent(plan),
    services,
    requestContext(scope, operation, plan),
    plan.operationContext,
    deps.planner.supergraphSchema,
    deps.planner.federatedApiSchema,
  );
  const cursor = takeCursor(executed.data, plan);
  return { cursor, result: clientResult(deps, executed, scope, cursor) };
}

function primaryFetch({ primary, injected }: SubscriptionPlan, operation: ClientRequest, after: string | null): Fetch {
  const given: Readonly<Record<string, unknown>> =
    injected.resume === null ? operation.variables : { ...operation.variables, [injected.resume.afterVariable]: after };
  const used = (primary.variableUsages ?? []).filter((name) => Object.hasOwn(given, name));
  return {
    query: primary.operation,
    operationName: primary.operationName,
    variables: Object.fromEntries(used.map((name) => [name, given[name]])),
  };
}

function clientResult(
  { log }: UpstreamDeps,
  { data, errors, extensions }: ExecutionResult,
  scope: RequestScope,
  cursor: string | null,
): SubscriptionResult {
  const formatted: FormattedExecutionResult = {
    ...(data === undefined ? {} : { data }),
    ...(errors === undefined ? {} : { errors: errors.map((error) => formatError(error.toJSON(), error)) }),
    ...(extensions === undefined ? {} : { extensions }),
  };
  const complete = withCompletionErrors(formatted, { log, requestId: scope.requestId });
  return {
    ...(complete.data === undefined ? {} : { data: complete.data }),
    ...(complete.errors === undefined
      ? {}
      : { errors: complete.errors.map((error) => signed(error, scope.requestId)) }),
    ...(cursor === null ? {} : { extensions: { cursor } }),
  };
}

function perEvent({ primary, rest }: SubscriptionPlan): QueryPlan {
  const first = { ...primary, serviceName: EVENT };
  return { kind: 'QueryPlan', node: rest === undefined ? first : { kind: 'Sequence', nodes: [first, rest] } };
}

/** What `executeQueryPlan` reads of a request; the rest of Apollo's request context does not exist for an event. */
function requestContext(
  scope: RequestScope,
  operation: ClientRequest,
  plan: SubscriptionPlan,
): Parameters<typeof executeQueryPlan>[2] {
  const context: Partial<Parameters<typeof executeQueryPlan>[2]> = {
    context: scope,
    request: { query: operation.text, variables: { ...operation.variables } },
    source: operation.text,
    operationName: operation.name,
    operation: plan.injected.operation,
    metrics: {},
  };
  return context as Parameters<typeof executeQueryPlan>[2];
}

function takeCursor(data: Record<string, unknown> | null | undefined, { injected }: SubscriptionPlan): string | null {
  const event = data?.[injected.rootName];
  if (injected.resume === null || typeof event !== 'object' || event === null) return null;
  const fields = event as Record<string, unknown>;
  const cursor = fields[injected.resume.cursorAlias];
  Reflect.deleteProperty(fields, injected.resume.cursorAlias);
  return typeof cursor === 'string' ? cursor : null;
}
