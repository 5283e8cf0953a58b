import type { GraphQLSchema } from 'graphql';
import { buildSubgraph } from '#subgraphs/shared/graphql/builder.ts';
import type { ReceiveWebhookDeps } from '../use-cases/receive-webhook.ts';
import type { RouteDeps } from '../use-cases/route-deliveries.ts';
import { addApiKey } from './api-key.ts';
import { addAuditEvent } from './audit-event.ts';
import { createPlatformBuilder } from './builder.ts';
import { addInboxEvent } from './inbox-event.ts';
import { addJob } from './job.ts';
import { addAdvanceTestClock } from './mutations/advance-test-clock.ts';
import { addCreateApiKey } from './mutations/create-api-key.ts';
import { addCreateWorkspace } from './mutations/create-workspace.ts';
import { addIngestWebhook } from './mutations/ingest-webhook.ts';
import { addReplayInboxEvents } from './mutations/replay-inbox-events.ts';
import { addRevokeApiKey } from './mutations/revoke-api-key.ts';
import { addRouteDeliveries } from './mutations/route-deliveries.ts';
import { addViewer } from './viewer.ts';
import { addWorkspace } from './workspace.ts';

export function buildPlatformSchema(deps: ReceiveWebhookDeps & RouteDeps): GraphQLSchema {
  const builder = createPlatformBuilder();
  const workspace = addWorkspace(builder);
  const apiKey = addApiKey(builder);
  const job = addJob(builder);
  const inboxState = addInboxEvent(builder);
  addAuditEvent(builder);
  addViewer(builder, workspace);
  addCreateWorkspace(builder, workspace);
  addCreateApiKey(builder, apiKey);
  addRevokeApiKey(builder, apiKey);
  addAdvanceTestClock(builder, job);
  addIngestWebhook(builder, deps);
  addReplayInboxEvents(builder, job, inboxState);
  addRouteDeliveries(builder, deps);
  return buildSubgraph(builder);
}
