/** Moves a test clock from one due thing to the next, each in a transaction of its own, so that a process that dies resumes where it was. */
import { attemptPayment } from '../billing/attempt-payment.ts';
import { cancelSubscription } from '../billing/cancel-subscription.ts';
import { finalizeInvoice } from '../billing/finalize-invoice.ts';
import { renewSubscription } from '../billing/renew-subscription.ts';
import { voidInvoice } from '../billing/void-invoice.ts';
import type { TestClock } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { nextAction, type Action } from './next-action.ts';

/** One step; false when the clock has arrived. */
export async function stepClock(work: UnitOfWork, clockId: string): Promise<boolean> {
  const clock = await work.find('test_helpers.test_clock', clockId);
  const target = clock?.status_details.advancing?.target_frozen_time;
  if (clock?.status !== 'advancing' || target === undefined) return false;
  const action = await nextAction(work, clockId, target);
  if (!action) {
    await arrive(work, clock, target);
    return false;
  }
  const { at: reached } = (await work.hidden('test_helpers.test_clock', clockId)) ?? { at: clock.frozen_time };
  const at = Math.max(action.at, reached); // what fell due before the clock was looked at happens now, never in the past
  await work.putHidden('test_helpers.test_clock', clockId, { at });
  work.setNow(at);
  await perform(work, action, at);
  return true;
}

async function arrive(work: UnitOfWork, clock: TestClock, target: number): Promise<void> {
  const ready = await work.put('test_helpers.test_clock', {
    ...clock,
    frozen_time: target,
    status: 'ready',
    status_details: {},
  });
  await work.putHidden('test_helpers.test_clock', clock.id, { at: target });
  await work.announce('test_helpers.test_clock.ready', ready, target);
}

async function perform(work: UnitOfWork, action: Action, at: number): Promise<void> {
  switch (action.verb) {
    case 'renew':
      return renewSubscription(work, action.subscription, at);
    case 'finalize': {
      const invoice = await finalizeInvoice(work, action.invoice, at);
      if (invoice.status === 'open') await attemptPayment(work, invoice, at);
      return;
    }
    case 'attempt':
      await attemptPayment(work, action.invoice, at);
      return;
    case 'cancel':
      await cancelSubscription(work, action.subscription, at, action.subscription.cancellation_details ?? {});
      return;
    case 'expire': {
      const invoice = action.subscription.latest_invoice
        ? await work.find('invoice', action.subscription.latest_invoice)
        : null;
      if (invoice?.status === 'open') await voidInvoice(work, invoice, at);
      else
        await work.change(
          'subscription',
          action.subscription,
          { status: 'incomplete_expired', ended_at: at },
          'customer.subscription.updated',
          at,
        );
    }
  }
}
