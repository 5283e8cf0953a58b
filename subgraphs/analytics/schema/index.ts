import type { GraphQLSchema } from 'graphql';
import { buildSubgraph } from '#subgraphs/shared/graphql/builder.ts';
import type { MirrorPort } from '../ports.ts';
import type { AnalyticsReads } from '../use-cases/summarize-recovery.ts';
import { addJobRef, createAnalyticsBuilder } from './builder.ts';
import { extendCustomer } from './customer.ts';
import { addObjectHistory } from './object-history.ts';
import { addStartReconciliation } from './mutations/start-reconciliation.ts';
import { addReconciliation } from './reconciliation.ts';
import { addRecoverySummary } from './recovery-summary.ts';

export function buildAnalyticsSchema(reads: AnalyticsReads & { readonly mirror: MirrorPort }): GraphQLSchema {
  const builder = createAnalyticsBuilder();
  addRecoverySummary(builder, reads);
  addObjectHistory(builder, reads.clickhouse);
  const JobRef = addJobRef(builder);
  addReconciliation(builder, JobRef);
  addStartReconciliation(builder, JobRef, reads.mirror);
  extendCustomer(builder, reads.clickhouse);
  return buildSubgraph(builder);
}
