/** Everything the sandbox answers; the rest is an unrecognized URL. */
import type { Operation } from '../http/operation.ts';
import { accounts } from './account.ts';
import { balance } from './balance.ts';
import { checkoutSessions } from './checkout-sessions.ts';
import { customers } from './customers.ts';
import { emptyLists } from './empty-lists.ts';
import { events } from './events.ts';
import { invoices } from './invoices.ts';
import { paymentMethods } from './payment-methods.ts';
import { payments } from './payments.ts';
import { payouts } from './payouts.ts';
import { prices } from './prices.ts';
import { products } from './products.ts';
import { refunds } from './refunds.ts';
import { setupIntents } from './setup-intents.ts';
import { subscriptions } from './subscriptions.ts';
import { testClocks } from './test-clocks.ts';
import { webhookEndpoints } from './webhook-endpoints.ts';

export const ALL_OPERATIONS: readonly Operation[] = [
  ...accounts,
  ...balance,
  ...checkoutSessions,
  ...customers,
  ...emptyLists,
  ...events,
  ...invoices,
  ...paymentMethods,
  ...payments,
  ...payouts,
  ...prices,
  ...products,
  ...refunds,
  ...setupIntents,
  ...subscriptions,
  ...testClocks,
  ...webhookEndpoints,
];
