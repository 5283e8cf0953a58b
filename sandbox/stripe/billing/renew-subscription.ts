import type { Subscription } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { cancelSubscription } from './cancel-subscription.ts';
import { createInvoice } from './create-invoice.ts';
import { nextPeriodEnd } from './periods.ts';

/** A renewal's invoice stays a draft for an hour. */
const DRAFT_S = 3600;

export const periodOf = (subscription: Subscription): { start: number; end: number } => ({
  start: subscription.items.data[0]?.current_period_start ?? subscription.start_date,
  end: subscription.items.data[0]?.current_period_end ?? subscription.start_date,
});

/** At the end of a period: the next one begins and is invoiced, or the subscription ends if that was asked for. */
export async function renewSubscription(work: UnitOfWork, subscription: Subscription, at: number): Promise<void> {
  if (subscription.cancel_at_period_end || (subscription.cancel_at !== null && subscription.cancel_at <= at)) {
    await cancelSubscription(work, subscription, at, subscription.cancellation_details ?? {});
    return;
  }
  const period = periodOf(subscription);
  const recurring = subscription.items.data[0]?.price.recurring;
  if (!recurring) return;
  const end = nextPeriodEnd(subscription.billing_cycle_anchor, recurring, period.end);
  const data = subscription.items.data.map((item) => ({
    ...item,
    current_period_start: period.end,
    current_period_end: end,
  }));
  const status = subscription.status === 'trialing' ? 'active' : subscription.status;
  const renewed: Subscription = { ...subscription, status, items: { ...subscription.items, data } };
  const invoice = await createInvoice(work, {
    subscription: renewed,
    reason: 'subscription_cycle',
    periodStart: period.start,
    periodEnd: period.end,
    at,
    finalizesAt: at + DRAFT_S,
  });
  await work.change(
    'subscription',
    subscription,
    { items: renewed.items, status, latest_invoice: invoice.id },
    'customer.subscription.updated',
    at,
  );
  await work.announce('invoice.created', invoice, at);
}
