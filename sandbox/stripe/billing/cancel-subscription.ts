import type { Subscription } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

/** The end of a subscription; its open invoices stay open. */
export async function cancelSubscription(
  work: UnitOfWork,
  subscription: Subscription,
  at: number,
  details: Partial<NonNullable<Subscription['cancellation_details']>>,
): Promise<Subscription> {
  const canceled = await work.put('subscription', {
    ...subscription,
    status: 'canceled',
    canceled_at: subscription.canceled_at ?? at,
    ended_at: at,
    cancellation_details: {
      comment: null,
      feedback: null,
      feedback_option: null,
      reason: 'cancellation_requested',
      ...details,
    },
  });
  await work.announce('customer.subscription.deleted', canceled, at);
  return canceled;
}
