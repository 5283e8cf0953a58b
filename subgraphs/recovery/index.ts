import { type Subgraph, withSchema } from '#subgraphs/shared/graphql/subgraph.ts';
import { billingConsumer, type BillingConsumerDeps } from './engine/billing-consumer.ts';
import { replacePaymentMethod } from './engine/replace-payment-method.ts';
import { retryPayment } from './engine/retry-payment.ts';
import { sendMessage, type SendMessageDeps } from './engine/send-message.ts';
import { stepTimer } from './engine/step-timer.ts';
import { payRoutes, type PayPageDeps } from './pay-page/routes.ts';
import { buildRecoverySchema } from './schema/index.ts';
import { createMailRenderer } from './templates/render-mail.ts';

export type { CardSetup, InvoiceFacts, PaymentsPort, RetryOutcome } from './ports.ts';
export { recoveryRateCollector } from './recovery-rate-collector.ts';
export type { PayPageLimits } from './pay-page/limits.ts';

/** What recovery needs from outside: billing's payments, mail, and how customers reach its page. */
export type RecoveryDeps = Omit<SendMessageDeps, 'render'> & BillingConsumerDeps & PayPageDeps;

/** The door of recovery: its part of the graph, the pay page, and what the workers carry out for it. */
export function createRecoverySubgraph(deps: RecoveryDeps): Subgraph {
  return withSchema(buildRecoverySchema, {
    name: 'recovery',
    routes: payRoutes(deps),
    consumers: [billingConsumer(deps)],
    timers: [stepTimer],
    effects: [sendMessage({ ...deps, render: createMailRenderer() }), retryPayment(deps), replacePaymentMethod(deps)],
  });
}
