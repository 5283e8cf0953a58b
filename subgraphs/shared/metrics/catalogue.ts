/**
 * What a label may say. Either a closed list, or names that stand in our own code (routes by their pattern, kinds of effects, types of
 * events): at most `atMost` different ones of the given shape. Whatever else comes is told as `other`, so that nobody's input can make
 * a series, and no id of a workspace, customer or request ever does.
 */
export type Allowed = readonly string[] | NamesInCode;

export interface NamesInCode {
  readonly atMost: number;
  readonly shape: RegExp;
}

export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Says the unit. */
  readonly help: string;
  readonly labels: Readonly<Record<string, Allowed>>;
  readonly buckets?: readonly number[];
}

const codeNames = (atMost: number): NamesInCode => ({ atMost, shape: /^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*$/ });

/** A route's pattern (`/pay/:token`), never an address: that one may hold a secret. */
const ROUTES: NamesInCode = { atMost: 100, shape: /^(?:\/[A-Za-z0-9._:*-]*)+$/ };
const STATUSES: NamesInCode = { atMost: 60, shape: /^[1-5]\d\d$/ };
const CURRENCIES: NamesInCode = { atMost: 180, shape: /^[A-Z]{3}$/ };

const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS', 'other'] as const;
const OPERATION_KINDS = ['query', 'mutation', 'subscription', 'unknown'] as const;
const PROVIDERS = ['stripe', 'other'] as const;
const POOLS = ['app', 'system'] as const;
const PARTITIONED = ['inbox_event', 'event'] as const;
export const LANES = ['dispatch', 'inbox', 'consume', 'timers', 'effects', 'jobs', 'clocks', 'sync'] as const;
export const COLLECTORS = ['queues', 'shipping', 'recovery', 'sockets', 'pools', 'partitions'] as const;

/** Up to ten seconds; 0.4 s is a bound because the latency alert asks for it. */
const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 5, 10] as const;

/** Every metric there is. An alert that names another one fails the tests; docs/metrics.md is printed from here. */
export const CATALOGUE = {
  http_requests_total: {
    type: 'counter',
    help: 'Requests answered, by method, pattern of the route and status',
    labels: { method: METHODS, route: ROUTES, status: STATUSES },
  },
  http_request_duration_seconds: {
    type: 'histogram',
    help: 'Seconds from the first byte of a request to the last of its answer',
    labels: { method: METHODS, route: ROUTES },
    buckets: SECONDS,
  },
  graphql_operations_total: {
    type: 'counter',
    help: 'GraphQL operations by kind and outcome. A refusal that is data (a member of a result union) is ok',
    labels: { kind: OPERATION_KINDS, outcome: ['ok', 'refused', 'unavailable', 'failed'] },
  },
  graphql_operation_duration_seconds: {
    type: 'histogram',
    help: 'Seconds from reading a GraphQL operation to its result',
    labels: { kind: OPERATION_KINDS },
    buckets: SECONDS,
  },
  subscription_sockets: { type: 'gauge', help: 'Open WebSocket connections of this process', labels: {} },
  subscription_streams: { type: 'gauge', help: 'Open subscriptions of this process', labels: {} },
  cache_hits_total: {
    type: 'counter',
    help: 'Look-ups in a cache of this process that found what they asked for',
    labels: { cache: ['subgraph_documents', 'socket_documents', 'subscription_plans'] },
  },
  cache_misses_total: {
    type: 'counter',
    help: 'Look-ups in a cache of this process that found nothing',
    labels: { cache: ['subgraph_documents', 'socket_documents', 'subscription_plans'] },
  },
  webhook_deliveries_total: {
    type: 'counter',
    help: 'Webhooks by how the sender was answered: stored, a repeat of a stored one, refused (4xx), unavailable (503, it is sent again), or unrouted (no workspace’s: unreadable, or of an account that none has connected; kept apart)',
    labels: { provider: PROVIDERS, outcome: ['stored', 'repeat', 'refused', 'unavailable', 'unrouted'] },
  },
  webhook_expiring_secret_total: {
    type: 'counter',
    help: 'Stored or repeated webhooks that no other secret fits than one that expires: they are refused from then on',
    labels: { provider: PROVIDERS },
  },
  inbox_deliveries_total: {
    type: 'counter',
    help: 'Stored webhooks by what became of them. A failed one is tried again; a dead one waits for somebody',
    labels: { outcome: ['applied', 'ignored', 'failed', 'dead'] },
  },
  mirror_sightings_total: {
    type: 'counter',
    help: "States of a provider's objects offered to the mirror, by verdict. An ambiguous one is read again from the provider",
    labels: { kind: codeNames(60), verdict: ['applied', 'stale', 'ambiguous'] },
  },
  events_published_total: {
    type: 'counter',
    help: 'Events committed to the log, by type',
    labels: { type: codeNames(200) },
  },
  events_numbered_total: { type: 'counter', help: 'Events numbered by the dispatcher of this process', labels: {} },
  recovery_events_total: {
    type: 'counter',
    help: 'What happened to recovery cases, by type of event',
    labels: { type: codeNames(40) },
  },
  event_consumptions_total: {
    type: 'counter',
    help: 'Events handed to a consumer, by outcome. A failed one is tried again; a dead one waits for somebody',
    labels: { consumer: codeNames(40), outcome: ['done', 'failed', 'dead'] },
  },
  timers_total: {
    type: 'counter',
    help: 'Timers that came due, by kind and outcome. A failed one is tried again',
    labels: { kind: codeNames(40), outcome: ['fired', 'failed', 'dead'] },
  },
  effects_total: {
    type: 'counter',
    help: 'Effects outside (a charge, a mail) by kind and outcome. An unknown one will be looked up; a failed one is given up',
    labels: { kind: codeNames(40), outcome: ['done', 'dropped', 'deferred', 'unknown', 'failed'] },
  },
  jobs_total: {
    type: 'counter',
    help: 'Runs of jobs by kind and outcome. A requeued one is tried again; one that was broken off lost its worker and goes on elsewhere',
    labels: { kind: codeNames(40), outcome: ['succeeded', 'failed', 'requeued', 'broken_off'] },
  },
  queue_depth: {
    type: 'gauge',
    help: 'Rows that are due and not carried out yet, per lane, counted up to 100000. The same from every process: use max()',
    labels: { lane: LANES },
  },
  oldest_job_age: {
    type: 'gauge',
    help: 'Seconds (wall time) that the oldest due row of a lane has been waiting; 0 when none is. The same from every process: use max()',
    labels: { lane: LANES },
  },
  effects_open: {
    type: 'gauge',
    help: 'Effects that are not settled, by state. The same from every process: use max()',
    labels: { state: ['pending', 'claimed', 'unknown'] },
  },
  dead_letters: {
    type: 'gauge',
    help: 'Rows that were given up and wait for somebody, counted up to 100000. The same from every process: use max()',
    labels: { source: ['inbox', 'unrouted', 'consume', 'timers', 'effects'] },
  },
  dispatcher_leading: { type: 'gauge', help: '1 in the one process that numbers events, 0 in the others', labels: {} },
  dispatcher_last_position: {
    type: 'gauge',
    help: 'Position of the newest numbered event. The same from every process: use max()',
    labels: {},
  },
  ship_lag_events: {
    type: 'gauge',
    help: 'Numbered events that are not in ClickHouse yet. The same from every process: use max()',
    labels: {},
  },
  ship_lag_seconds: {
    type: 'gauge',
    help: 'Seconds since nothing was left to ship to ClickHouse. The same from every process: use max()',
    labels: {},
  },
  reconciliation_differences_total: {
    type: 'counter',
    help: 'Objects that ClickHouse knew otherwise than PostgreSQL when they were compared, by whether they could be mended',
    labels: { outcome: ['repaired', 'left'] },
  },
  ship_failures_total: { type: 'counter', help: 'Attempts to ship events to ClickHouse that failed', labels: {} },
  partitions_ahead_seconds: {
    type: 'gauge',
    help: 'Seconds until the last partition that is made of the inbox or the event log ends. The same from every process: use max()',
    labels: { log: PARTITIONED },
  },
  rows_outside_partitions: {
    type: 'gauge',
    help: 'Rows of the inbox or the event log that no month was made for, counted up to 10000. The same from every process: use max()',
    labels: { log: PARTITIONED },
  },
  provider_requests_total: {
    type: 'counter',
    help: "Requests to a provider's API. Refused: it said no (a declined card is one); unavailable: no usable answer came",
    labels: { provider: PROVIDERS, outcome: ['ok', 'refused', 'unavailable'] },
  },
  provider_request_duration_seconds: {
    type: 'histogram',
    help: "Seconds from a request to a provider's API to the head of its answer",
    labels: { provider: PROVIDERS },
    buckets: SECONDS,
  },
  provider_retries_total: {
    type: 'counter',
    help: "Requests to a provider's API that were sent again",
    labels: { provider: PROVIDERS },
  },
  provider_calls_held_back_total: {
    type: 'counter',
    help: 'Calls that were not made, because the breaker of their account is open or their account may make no more',
    labels: { provider: PROVIDERS, reason: ['breaker_open', 'too_many_calls'] },
  },
  circuit_breaker_state: {
    type: 'gauge',
    help: 'Breakers of this process (one per account at a provider) that are open, or half open: trying one call',
    labels: { provider: PROVIDERS, state: ['open', 'half_open'] },
  },
  db_connection_pool_size: {
    type: 'gauge',
    help: 'Open PostgreSQL connections of this process, by pool',
    labels: { pool: POOLS },
  },
  db_connection_pool_max: {
    type: 'gauge',
    help: 'PostgreSQL connections that a pool of this process may open',
    labels: { pool: POOLS },
  },
  db_connections_in_use: {
    type: 'gauge',
    help: 'PostgreSQL connections of this process that are lent, by pool',
    labels: { pool: POOLS },
  },
  db_connections_waiting: {
    type: 'gauge',
    help: 'Callers of this process that wait for a PostgreSQL connection, by pool',
    labels: { pool: POOLS },
  },
  recovery_rate: {
    type: 'gauge',
    help: 'Share (0 to 1) of LIVE recovery cases opened 28 to 56 days ago that were recovered within 28 days, per currency',
    labels: { currency: CURRENCIES },
  },
  recovery_rate_cases: {
    type: 'gauge',
    help: 'Cases that recovery_rate is made of, per currency: a rate of five cases says little',
    labels: { currency: CURRENCIES },
  },
  metrics_collector_up: {
    type: 'gauge',
    help: '0 when what a collector reads at a scrape could not be read; its gauges are then absent',
    labels: { collector: COLLECTORS },
  },
} as const satisfies Readonly<Record<string, MetricSpec>>;

type Catalogue = typeof CATALOGUE;
export type MetricName = keyof Catalogue;
type Named<T extends MetricSpec['type']> = {
  [N in MetricName]: Catalogue[N]['type'] extends T ? N : never;
}[MetricName];
export type CounterName = Named<'counter'>;
export type GaugeName = Named<'gauge'>;
export type HistogramName = Named<'histogram'>;

/** Counters of events that a domain has of its own, labelled with the event's type. */
export type EventCounter = 'recovery_events_total';

/** The labels of a metric: one of the list, or a name in code. */
export type LabelsOf<N extends MetricName> = {
  readonly [L in keyof Catalogue[N]['labels']]: Catalogue[N]['labels'][L] extends readonly (infer V)[] ? V : string;
};
