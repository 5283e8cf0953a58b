import type { Bus } from '#subgraphs/shared/bus/bus.ts';
import type { WorkerContexts } from '#subgraphs/shared/db/contexts.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import type { Caller } from '#subgraphs/shared/graphql/context.ts';
import { type Subgraph, withSchema } from '#subgraphs/shared/graphql/subgraph.ts';
import type { HttpRoute } from '#subgraphs/shared/http/route.ts';
import type { InboxWriter } from '#subgraphs/shared/inbox/store.ts';
import type { Logger } from '#subgraphs/shared/logging/logger.ts';
import type { Counting } from '#subgraphs/shared/metrics/metrics.ts';
import type { MailSink } from '#subgraphs/shared/mail/mail-sink.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';
import { createOutboxAccess } from './http/outbox-access.ts';
import { outboxRoute } from './http/outbox-route.ts';
import { rememberedEndpoints } from './http/remembered-endpoints.ts';
import { connectWebhookRoute, webhookRoute } from './http/webhook-route.ts';
import type { EndpointsPort, ProviderClocksPort } from './ports.ts';
import { revocationConsumer } from './revocations.ts';
import { buildPlatformSchema } from './schema/index.ts';
import { authenticate } from './use-cases/authenticate.ts';
import { replayInbox } from './use-cases/replay-inbox-events.ts';
import { testClockJob } from './use-cases/run-test-clock-advance.ts';

export { createOutboxAccess };
export { onKeyRevoked } from './revocations.ts';
export { workspaceTimeZone } from './use-cases/workspace-time-zone.ts';
export type { EndpointSecret, EndpointsPort, PlatformSecret, ProviderClocksPort, WebhookEndpoint } from './ports.ts';

export interface PlatformDeps {
  readonly system: SystemDb;
  readonly contexts: WorkerContexts;
  readonly inbox: InboxWriter;
  readonly wall: Clock;
  readonly log: Logger;
  readonly bus: Bus;
  readonly endpoints: EndpointsPort;
  readonly providerClocks: ProviderClocksPort;
  /** Null: nobody can create workspaces over the API. */
  readonly operatorToken: string | null;
  readonly masterKey: Uint8Array;
  /** The captured mails, where everything runs on one machine; null elsewhere, and then there is no /dev/outbox. */
  readonly outbox: Pick<MailSink, 'list'> | null;
  /** Wall time after which a stop of the test clock that does not come to rest fails its job; 60 s. */
  readonly settleWithinMs?: number;
  /** Wall time after which a webhook that is not stored is answered 503; 4 s. */
  readonly storedWithinMs?: number;
  /** Where webhooks are counted by their answer. */
  readonly metrics?: Counting;
}

export interface PlatformSubgraph extends Subgraph {
  /** Who holds this token; null for anything unknown, expired or revoked. Asks the database every time. */
  authenticate(token: string): Promise<Caller | null>;
  /** The `access` parameter of `/dev/outbox?workspace=…&access=…`. */
  outboxAccess(workspaceId: string): string;
}

export function createPlatformSubgraph(deps: PlatformDeps): PlatformSubgraph {
  const identify = (token: string): Promise<Caller | null> => authenticate(deps, token);
  const outboxAccess = createOutboxAccess(deps.masterKey);
  const { outbox } = deps;
  const routes: HttpRoute[] = [
    connectWebhookRoute(deps),
    webhookRoute({ ...deps, endpoints: rememberedEndpoints(deps.endpoints) }),
    ...(outbox === null ? [] : [outboxRoute({ outbox, authenticate: identify, outboxAccess })]),
  ];
  return withSchema(() => buildPlatformSchema(deps), {
    name: 'platform',
    routes,
    jobs: [testClockJob(deps), replayInbox],
    consumers: [revocationConsumer(deps.bus)],
    authenticate: identify,
    outboxAccess,
  });
}
