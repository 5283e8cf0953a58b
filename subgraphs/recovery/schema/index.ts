import type { GraphQLSchema } from 'graphql';
import { buildSubgraph } from '#subgraphs/shared/graphql/builder.ts';
import { builder } from './builder.ts';
import './recovery-case.ts';
import './recovery-events.ts';
import './refusals.ts';
import './workflow.ts';
import './mutations/cancel-recovery-case.ts';
import './mutations/resend-magic-link.ts';

export function buildRecoverySchema(): GraphQLSchema {
  return buildSubgraph(builder);
}
