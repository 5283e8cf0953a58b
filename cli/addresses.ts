import type { RunInfo } from './embedded/run-file.ts';

/** What a person or a script may open of a running instance. */
export function addresses(run: RunInfo): Record<string, string> {
  const worker = run.children['worker']?.ready['url'];
  return {
    gateway: run.url,
    graphql: run.graphqlUrl,
    subscriptions: run.subscriptionsUrl,
    playground: `${run.url}/playground`,
    outbox: `${run.url}/dev/outbox`,
    health: `${run.url}/health/ready`,
    metrics: `${run.url}/metrics`,
    ...(typeof worker === 'string' ? { workerMetrics: `${worker}/metrics` } : {}),
    ...(run.sandbox ? { sandbox: run.sandbox.url } : {}),
    postgres: run.postgres.adminUrl,
    clickhouse: run.clickhouse.url,
  };
}
