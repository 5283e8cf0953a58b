import { createAccountsPorts, createAccountsSubgraph } from '#subgraphs/accounts/index.ts';
import {
  createAnalyticsSubgraph,
  reconcileLane,
  shipLane,
  shippedUpTo,
  shippingCollector,
} from '#subgraphs/analytics/index.ts';
import { createBillingSubgraph, DUE_SYNCS, syncLane } from '#subgraphs/billing/index.ts';
import { createPlatformSubgraph, workspaceTimeZone } from '#subgraphs/platform/index.ts';
import { createRecoverySubgraph, recoveryRateCollector } from '#subgraphs/recovery/index.ts';
import { createInboxWriter } from '#subgraphs/shared/inbox/store.ts';
import type { Actor, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { createUseCaseContext } from '#subgraphs/shared/db/use-case-context.ts';
import { createEventStream } from '#subgraphs/shared/events/stream.ts';
import type { Caller } from '#subgraphs/shared/graphql/context.ts';
import { retentionLane } from '#subgraphs/shared/retention/retention-lane.ts';
import type { Subgraph } from '#subgraphs/shared/graphql/subgraph.ts';
import { queueCollector } from '#subgraphs/shared/metrics/kernel-collectors.ts';
import type { WorkerDeps } from '#workers/runtime.ts';
import type { Kernel } from './kernel.ts';

/** Every domain, with the ports of each filled by the others: the one place that knows them all. */
export interface Product {
  readonly subgraphs: readonly Subgraph[];
  authenticate(token: string): Promise<Caller | null>;
}

export function composeProduct(kernel: Kernel): Product {
  const { config, contextDeps, contexts, system, bus, clickhouse, mail, outbox, providers, log, metrics } = kernel;
  const { vault, wall } = contextDeps;
  const { publicUrl, stripeApiBase } = config;

  /** For routes: somebody acts in a workspace that was found by what they brought. */
  const contextFor = async (request: {
    workspaceId: string;
    actor: Actor;
    requestId: string;
  }): Promise<UseCaseContext> => {
    const { mode } = await contexts.of(request.workspaceId, request.requestId);
    return createUseCaseContext(contextDeps, { ...request, mode });
  };
  const inbox = createInboxWriter(contextDeps);
  const platforms = config.stripeConnect;
  const accountsPorts = createAccountsPorts({ system, vault, wall, platforms });
  const billing = createBillingSubgraph({
    stripeApiBase,
    credentials: accountsPorts.credentials,
    runs: accountsPorts.runs,
    inbox,
    policies: providers,
    wall,
    metrics,
  });
  const accounts = createAccountsSubgraph({
    vault,
    publicUrl,
    stripe: billing.stripe,
    onStripeConnected: (tx, connection) => billing.onStripeConnected(tx, connection),
    enqueueSync: (tx, sync) => billing.enqueueSync(tx, sync),
    platforms,
    connectBase: stripeHost(stripeApiBase, 'connect'),
    system,
    contextFor,
    log,
  });
  const platform = createPlatformSubgraph({
    system,
    contexts,
    inbox,
    wall,
    log,
    bus,
    endpoints: accountsPorts.endpoints,
    providerClocks: billing.providerClocks,
    operatorToken: config.operatorToken,
    masterKey: config.masterKey,
    outbox: config.mode === 'embedded' && config.mailTransport === 'outbox' ? outbox : null,
    metrics,
  });
  const recovery = createRecoverySubgraph({
    payments: billing.payments,
    mail,
    mailFrom: config.mailFrom,
    publicUrl,
    system,
    workspaceTimeZone,
    contextFor,
    checkoutOrigins: [stripeHost(stripeApiBase, 'checkout')],
  });
  const analytics = createAnalyticsSubgraph({ clickhouse, system, mirror: billing.mirror, cases: recovery.cases });
  metrics.collect(queueCollector(system, wall, { sync: DUE_SYNCS }));
  metrics.collect(shippingCollector({ system, wall }));
  metrics.collect(recoveryRateCollector({ system, wall }));
  return {
    subgraphs: [platform, accounts, billing, recovery, analytics],
    authenticate: (token) => platform.authenticate(token),
  };
}

/** Stripe serves its pages from other hosts than its API; a sandbox serves all of them. */
function stripeHost(stripeApiBase: string, page: 'checkout' | 'connect'): string {
  const { origin } = new URL(stripeApiBase);
  return origin === 'https://api.stripe.com' ? `https://${page}.stripe.com` : origin;
}

/** What the workers carry out for this product: its domains' handlers, shipping to ClickHouse, and catching up with providers. */
export function workOf(kernel: Kernel, { subgraphs }: Product): WorkerDeps {
  const { config, contexts, system, clickhouse, queue, bus, log, metrics } = kernel;
  const { wall, vault } = kernel.contextDeps;
  return {
    subgraphs,
    lanes: [
      shipLane({ stream: createEventStream(system), system, clickhouse, wall, log, metrics }),
      reconcileLane({ contexts, system, wall }),
      retentionLane({ system, wall, log, retention: config.retention, copiedUpTo: () => shippedUpTo(system) }),
      syncLane({
        contexts,
        system,
        credentials: createAccountsPorts({ system, vault, wall, platforms: config.stripeConnect }).credentials,
        wall,
      }),
    ],
    contexts,
    system,
    queue,
    bus,
    wall,
    log,
    metrics,
    leaseMs: config.effectLeaseMs,
  };
}
