import { trace } from '@opentelemetry/api';

import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';

import type { Metrics } from '#subgraphs/shared/metrics/metrics.ts';

import type { RequestScope } from '../request-scope.ts';

type Outcome = 'ok' | 'refused' | 'unavailable' | 'failed';

/** From what nobody needs to look at to what somebody must. */
const BY_WEIGHT: readonly Outcome[] = ['ok', 'refused', 'unavailable', 'failed'];

/** Codes of trouble that passes; the other errors of type api_error are bugs. */
const UNAVAILABLE = new Set([
  'TEMPORARILY_UNAVAILABLE',
  'DOWNSTREAM_SERVICE_ERROR',
  'AUTHENTICATION_UNAVAILABLE',
  'ANALYTICS_UNAVAILABLE',
  'PROVIDER_UNAVAILABLE',
]);

/**
 * Counts and times every operation by its kind and outcome, and tells the request's span which it is. Names are the clients' own words
 * and without bound: they stand in traces and logs, and in no label.
 */
export function operationMetrics(metrics: Metrics): ApolloServerPlugin<RequestScope> {
  return {
    requestDidStart: () => {
      const startedAt = performance.now();
      return Promise.resolve({
        didResolveOperation: ({ operation, operationName }) => {
          trace.getActiveSpan()?.setAttributes({
            ...(operation === undefined ? {} : { 'graphql.operation.type': operation.operation }),
            ...(operationName === null ? {} : { 'graphql.operation.name': operationName.slice(0, 100) }),
          });
          return Promise.resolve();
        },
        willSendResponse: ({ operation, response }) => {
          const kind = operation?.operation ?? 'unknown';
          const errors = response.body.kind === 'single' ? (response.body.singleResult.errors ?? []) : [];
          metrics.count('graphql_operations_total', { kind, outcome: outcomeOf(errors) });
          metrics.observe('graphql_operation_duration_seconds', { kind }, (performance.now() - startedAt) / 1_000);
          return Promise.resolve();
        },
      });
    },
  };
}

/** The gravest of them. */
export function outcomeOf(errors: readonly Pick<GraphQLFormattedError, 'extensions'>[]): Outcome {
  const weights = errors.map(({ extensions }) => BY_WEIGHT.indexOf(weigh(extensions)));
  return BY_WEIGHT[Math.max(0, ...weights)] ?? 'ok';
}

function weigh(extensions: GraphQLFormattedError['extensions']): Outcome {
  if (UNAVAILABLE.has(String(extensions?.['code']))) return 'unavailable';
  return extensions?.['type'] === 'api_error' ? 'failed' : 'refused';
}
