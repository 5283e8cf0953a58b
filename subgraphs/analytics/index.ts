import { type Subgraph, withSchema } from '#subgraphs/shared/graphql/subgraph.ts';
import { buildAnalyticsSchema } from './schema/index.ts';
import type { CasesPort, MirrorPort } from './ports.ts';
import { createReconcileJob } from './use-cases/reconcile.ts';
import type { AnalyticsReads } from './use-cases/summarize-recovery.ts';

export { analyticsMigrations } from './clickhouse/migrations/index.ts';
export { reconcileLane, type ReconcileLaneDeps } from './reconcile-lane.ts';
export { shipLane } from './ship-lane.ts';
export { shippedUpTo } from './repositories/ship-cursor.ts';
export { shippingCollector } from './shipping-collector.ts';
export { shipEvents, type ShipDeps } from './use-cases/ship-events.ts';

export interface AnalyticsDeps extends AnalyticsReads {
  /** What the copy of billing's mirror is compared with. */
  readonly mirror: MirrorPort;
  /** What the copy of recovery's cases is compared with. */
  readonly cases: CasesPort;
}

/** Analytics' part of the graph. What feeds it is `shipLane`, which the workers run. */
export function createAnalyticsSubgraph(deps: AnalyticsDeps): Subgraph {
  return withSchema(() => buildAnalyticsSchema(deps), {
    name: 'analytics',
    jobs: [createReconcileJob(deps)],
  });
}
