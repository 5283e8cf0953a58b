import { getVariableValues, GraphQLError, GraphQLString, valueFromAST } from 'graphql';

import { describe, publicError } from '#subgraphs/shared/errors/public-error.ts';

import { refusal } from '../refusals.ts';
import { EventStream } from './event-stream.ts';
import { createUpstream } from './upstream.ts';

import type { GraphQLSchema } from 'graphql';

import type { Caller } from '#subgraphs/shared/graphql/context.ts';

import type { ClientRequest } from '../sources/source.ts';
import type { RequestScope } from '../request-scope.ts';
import type { GatewayLog, SocketLimits } from '../types.ts';
import type { Delivery, EventSource } from './event-stream.ts';
import type { Groups, Member, Upstream } from './groups.ts';
import type { SubscriptionPlan } from './planner.ts';
import type { SubscriptionResult, UpstreamDeps } from './upstream.ts';

export type { SubscriptionResult } from './upstream.ts';

/** A subscription as the schema of this moment carries it out. */
export interface PlannedSubscription extends UpstreamDeps {
  readonly plan: SubscriptionPlan;
  readonly apiSchema: GraphQLSchema;
  readonly groups: Groups<SubscriptionResult>;
}

export interface Subscription {
  readonly operation: ClientRequest;
  /** Planned anew whenever the source is opened. @throws what the client is told when the schema no longer has what it asks for. */
  planned(): PlannedSubscription;
  /** The scope for the next event, or for opening the source: the caller may change while the stream is open. */
  readonly scope: (signal: AbortSignal) => RequestScope;
  readonly requestId: string;
  readonly log: GatewayLog;
  readonly limits: SocketLimits;
  onClose(): void;
}

export type SubscriptionStream = AsyncGenerator<SubscriptionResult, undefined, undefined>;

/** For a look at who asks: nothing is called with it. */
const never = new AbortController().signal;

type StreamOptions = ConstructorParameters<typeof EventStream<never, SubscriptionResult>>[0];

/** Opens a stream of joined events. @throws a GraphQLError, fit for the client, when it is refused. */
export async function subscribe(subscription: Subscription): Promise<SubscriptionStream> {
  const first = subscription.planned();
  const stream = first.plan.injected.resume === null ? alone(subscription, first) : amongEquals(subscription, first);
  try {
    await stream.start();
  } catch (error) {
    await stream.return();
    throw asGraphQLError(error, placeOf(subscription, first));
  }
  return stream;
}

/** A stream that can be taken up from a cursor shares its source, and what each event becomes, with those who ask the same. */
function amongEquals(
  subscription: Subscription,
  first: PlannedSubscription,
): EventStream<Delivery<SubscriptionResult>, SubscriptionResult> {
  return new EventStream<Delivery<SubscriptionResult>, SubscriptionResult>({
    ...commonOptions(subscription, first),
    resumable: true,
    after: clientAfter(first, subscription.operation),
    open: async (after) => join(subscription, after),
    deliver: async (delivery) => Promise.resolve(delivery),
  });
}

async function join(
  subscription: Subscription,
  after: string | null,
): Promise<EventSource<Delivery<SubscriptionResult>>> {
  const planned = subscription.planned();
  const { plan, groups } = planned;
  const { caller } = subscription.scope(never);
  const upstream = fitForClients(createUpstream(planned, plan, subscription.operation), placeOf(subscription, planned));
  const key = JSON.stringify([plan.shape, variablesOf(plan, subscription.operation), rightsOf(caller)]);
  return groups.join({ key, upstream, live: plan.live }, after, memberOf(subscription, caller));
}

/** An event that could not be carried out. It is told, and not tried again. */
class EventFailed extends GraphQLError {}

function fitForClients(upstream: Upstream<SubscriptionResult>, place: Place): Upstream<SubscriptionResult> {
  const fit: Upstream<SubscriptionResult> = {
    ...upstream,
    deliver: async (event, scope) => {
      try {
        return await upstream.deliver(event, scope);
      } catch (error) {
        const { message, extensions } = asGraphQLError(error, place);
        throw new EventFailed(message, { extensions });
      }
    },
  };
  return fit;
}

function memberOf({ scope }: Subscription, joined: Caller): Member {
  const rights = rightsOf(joined);
  let known = joined;
  const member: Member = {
    scope,
    belongs: () => {
      const { caller } = scope(never);
      if (caller !== known && rightsOf(caller) !== rights) return false;
      known = caller;
      return true;
    },
  };
  return member;
}

/** A source without cursors is nobody else's, and each event is carried out when the client is ready for it. */
function alone(subscription: Subscription, first: PlannedSubscription): EventStream<unknown, SubscriptionResult> {
  const upstream = fitForClients(
    createUpstream(first, first.plan, subscription.operation),
    placeOf(subscription, first),
  );
  const ended = new AbortController();
  const common = commonOptions(subscription, first);
  return new EventStream<unknown, SubscriptionResult>({
    ...common,
    resumable: false,
    after: null,
    open: async (after) => upstream.open(after, () => subscription.scope(ended.signal)),
    deliver: async (event) => upstream.deliver(event, subscription.scope(ended.signal)),
    onClose: () => {
      ended.abort();
      common.onClose();
    },
  });
}

type CommonOptions = Omit<StreamOptions, 'open' | 'deliver' | 'resumable' | 'after'>;

function commonOptions(subscription: Subscription, first: PlannedSubscription): CommonOptions {
  const { limits, requestId, log } = subscription;
  const { subgraph } = placeOf(subscription, first);
  return {
    bufferedEvents: limits.bufferedEvents,
    reopenTries: limits.reopenTries,
    isFinal,
    lost: (cursor) => streamLost(cursor, requestId),
    onTrouble: (error, attempt) => log.warn({ error, attempt, subgraph, requestId }, 'a stream broke and is reopened'),
    pause: backOff,
    onClose: () => subscription.onClose(),
  };
}

/** Of the variables, those that the answer depends on; their order in the message says nothing. */
function variablesOf({ variables }: SubscriptionPlan, operation: ClientRequest): unknown {
  return variables.map((name) => [name, sorted(operation.variables[name])]);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .map(([name, inner]) => [name, sorted(inner)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Keys of a workspace with the same scopes see the same: no field of an event asks which of them it is. */
function rightsOf(caller: Caller): string {
  if (caller.kind !== 'API_KEY') return JSON.stringify(caller);
  const { kind, workspaceId, mode, scopes } = caller;
  return JSON.stringify([kind, workspaceId, mode, [...scopes].sort()]);
}

type Place = Parameters<typeof publicError>[1];

function placeOf({ log, requestId }: Subscription, { plan }: PlannedSubscription): Place & { subgraph: string } {
  return { log, requestId, subgraph: plan.primary.serviceName };
}

/** A refusal is the answer. What a remote subgraph says of its own trouble has a code too, and may pass. */
function isFinal(error: unknown): boolean {
  if (error instanceof EventFailed) return true;
  const known = describe(error);
  return known !== null && known.extensions['type'] !== 'api_error';
}

function asGraphQLError(error: unknown, place: Place): GraphQLError {
  const known = describe(error);
  if (known !== null) return known;
  const { message, extensions } = publicError(error, place);
  return refusal({ type: 'api_error', code: String(extensions?.['code']), message });
}

/** Doubles from 100 ms to 5 s, with jitter, so that the streams of a subgraph that comes back don't all return at once. */
async function backOff(attempt: number): Promise<void> {
  const ceiling = Math.min(5_000, 100 * 2 ** attempt);
  await new Promise((done) => setTimeout(done, ceiling * (0.5 + Math.random() / 2)).unref());
}

function streamLost(cursor: string | null, requestId: string): GraphQLError {
  return refusal({
    requestId,
    type: 'api_error',
    code: 'STREAM_LOST',
    message:
      cursor === null
        ? 'The stream broke before its first event. Read the current state with a query, then subscribe again.'
        : 'The stream broke and could not be taken up again. Subscribe again with `after` set to the cursor in this error: nothing is missed.',
    ...(cursor === null ? {} : { cursor }),
  });
}

function clientAfter({ apiSchema, plan }: PlannedSubscription, operation: ClientRequest): string | null {
  const { injected } = plan;
  if (injected.clientAfter === null) return null;
  const { coerced } = getVariableValues(apiSchema, injected.operation.variableDefinitions ?? [], operation.variables);
  const value = valueFromAST(injected.clientAfter, GraphQLString, coerced);
  return typeof value === 'string' ? value : null;
}
