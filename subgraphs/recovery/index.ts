import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { type Subgraph, withSchema } from '#subgraphs/shared/graphql/subgraph.ts';
import { billingConsumer, type BillingConsumerDeps } from './engine/billing-consumer.ts';
import { replacePaymentMethod } from './engine/replace-payment-method.ts';
import { retryPayment } from './engine/retry-payment.ts';
import { sendMessage, type SendMessageDeps } from './engine/send-message.ts';
import { stepTimer } from './engine/step-timer.ts';
import { payRoutes, type PayPageDeps } from './pay-page/routes.ts';
import {
  type CaseFacts,
  caseFactsByIds,
  type CaseFigures,
  caseFigures,
  type CaseGroup,
  idsOfCaseGroup,
} from './repositories/case-facts.ts';
import { buildRecoverySchema } from './schema/index.ts';
import { createMailRenderer } from './templates/render-mail.ts';

export type { CardSetup, InvoiceFacts, PaymentsPort, RetryOutcome } from './ports.ts';
export { recoveryRateCollector } from './recovery-rate-collector.ts';
export type { PayPageLimits } from './pay-page/limits.ts';

/** What recovery needs from outside: billing's payments, mail, and how customers reach its page. */
export type RecoveryDeps = Omit<SendMessageDeps, 'render'> & BillingConsumerDeps & PayPageDeps;

/** Cases by groups and by ids, for whoever keeps a copy and wants to know whether it is right. */
export interface CaseReads {
  figures(ctx: UseCaseContext): Promise<readonly CaseFigures[]>;
  /** Ids of a group in their order, past `after`; at most `limit`. */
  idsOf(ctx: UseCaseContext, group: CaseGroup, after: string, limit: number): Promise<readonly string[]>;
  /** Those of these cases that there are. */
  cases(ctx: UseCaseContext, ids: readonly string[]): Promise<readonly CaseFacts[]>;
}

export interface RecoverySubgraph extends Subgraph {
  readonly cases: CaseReads;
}

/** The door of recovery: its part of the graph, the pay page, and what the workers carry out for it. */
export function createRecoverySubgraph(deps: RecoveryDeps): RecoverySubgraph {
  return withSchema(buildRecoverySchema, {
    name: 'recovery',
    routes: payRoutes(deps),
    consumers: [billingConsumer(deps)],
    timers: [stepTimer],
    effects: [sendMessage({ ...deps, render: createMailRenderer() }), retryPayment(deps), replacePaymentMethod(deps)],
    cases: {
      figures: (ctx) => ctx.transaction((tx) => caseFigures(tx.db, ctx.workspaceId)),
      idsOf: (ctx, group, after, limit) =>
        ctx.transaction((tx) => idsOfCaseGroup(tx.db, ctx.workspaceId, group, after, limit)),
      cases: (ctx, ids) => ctx.transaction((tx) => caseFactsByIds(tx.db, ctx.workspaceId, ids)),
    },
  });
}
