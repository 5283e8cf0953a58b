import './telemetry-off.ts';

import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';

import { aliasLimit } from './plugins/alias-limit.ts';
import { depthLimit } from './plugins/depth-limit.ts';
import { errorMasking, formatError } from './plugins/error-masking.ts';
import { idempotencyKey } from './plugins/idempotency-key.ts';
import { knownOperation } from './plugins/known-operation.ts';
import { operationMetrics } from './plugins/operation-metrics.ts';
import { refuseOperations } from './plugins/refuse-operation.ts';
import { requestLog } from './plugins/request-log.ts';
import { requireCaller } from './plugins/require-caller.ts';
import { rootFieldLimit } from './plugins/root-field-limit.ts';
import { subscriptionsOverSockets } from './plugins/subscriptions-over-sockets.ts';

import type { ValidationRule } from 'graphql';

import type { RequestScope } from './request-scope.ts';
import type { LoadedSupergraph } from './supergraph.ts';
import type { GatewayDeps, GatewayLimits } from './types.ts';

/** What every document must meet before it is planned, over HTTP and over sockets. Checked once per document: Apollo keeps those that passed. */
export function limitRules(limits: GatewayLimits): ValidationRule[] {
  return [depthLimit(limits.depth), aliasLimit(limits.aliases), rootFieldLimit(limits.rootFields)];
}

/** Apollo Server over the supergraph: parses, validates, limits, executes, masks. It opens no port. */
export function createOperations(
  deps: GatewayDeps,
  limits: GatewayLimits,
  supergraph: LoadedSupergraph,
): ApolloServer<RequestScope> {
  return new ApolloServer<RequestScope>({
    gateway: supergraph.gateway,
    nodeEnv: 'production',
    introspection: deps.introspection,
    // Suggestions ("did you mean …") would tell a schema that may not be read.
    hideSchemaDetailsFromClientErrors: !deps.introspection,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    persistedQueries: false,
    parseOptions: { maxLexicalTokens: limits.tokens },
    validationRules: limitRules(limits),
    formatError,
    logger: {
      debug: () => undefined,
      info: (message) => deps.log.debug({ from: 'apollo' }, String(message)),
      warn: (message) => deps.log.warn({ from: 'apollo' }, String(message)),
      error: (message) => deps.log.error({ from: 'apollo' }, String(message)),
    },
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      refuseOperations([knownOperation, subscriptionsOverSockets, requireCaller, idempotencyKey]),
      errorMasking(deps.log),
      requestLog(deps.log),
      ...(deps.metrics === undefined ? [] : [operationMetrics(deps.metrics)]),
    ],
  });
}
