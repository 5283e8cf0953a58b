/** What a test clock has to do next: the earliest thing that falls due among everything that hangs on it. */
import { periodOf } from '../billing/renew-subscription.ts';
import type { Invoice, Subscription } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

/** An incomplete subscription is given up 23 hours after it began. */
const INCOMPLETE_S = 23 * 3600;

export type Action =
  | { readonly at: number; readonly verb: 'renew' | 'expire' | 'cancel'; readonly subscription: Subscription }
  | { readonly at: number; readonly verb: 'attempt' | 'finalize'; readonly invoice: Invoice };

export async function nextAction(work: UnitOfWork, clockId: string, until: number): Promise<Action | null> {
  const onClock = [{ path: ['test_clock'], equals: clockId }];
  const subscriptions = await work.all('subscription', onClock);
  const drafts = await work.all('invoice', [...onClock, { path: ['status'], equals: 'draft' }]);
  const open = await work.all('invoice', [...onClock, { path: ['status'], equals: 'open' }]);
  const actions = [...drafts.flatMap(ofDraft), ...open.flatMap(ofOpen), ...subscriptions.flatMap(ofSubscription)];
  return actions.filter((action) => action.at <= until).sort((a, b) => a.at - b.at)[0] ?? null;
}

function ofDraft(invoice: Invoice): Action[] {
  return invoice.automatically_finalizes_at === null
    ? []
    : [{ at: invoice.automatically_finalizes_at, verb: 'finalize', invoice }];
}

function ofOpen(invoice: Invoice): Action[] {
  return invoice.next_payment_attempt === null ? [] : [{ at: invoice.next_payment_attempt, verb: 'attempt', invoice }];
}

function ofSubscription(subscription: Subscription): Action[] {
  if (subscription.status === 'incomplete')
    return [{ at: subscription.created + INCOMPLETE_S, verb: 'expire', subscription }];
  if (!['active', 'past_due', 'trialing'].includes(subscription.status)) return [];
  const { end } = periodOf(subscription);
  if (subscription.cancel_at !== null && subscription.cancel_at < end)
    return [{ at: subscription.cancel_at, verb: 'cancel', subscription }];
  return [{ at: end, verb: 'renew', subscription }];
}
