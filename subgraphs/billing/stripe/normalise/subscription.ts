import { mirrorId } from '#subgraphs/shared/ids/ids.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { ChildColumns } from '../../domain/child-columns.ts';
import type { Columns } from '../../domain/columns.ts';
import type { ChildList, ChildRow } from './children.ts';
import { big, flag, idOf, instant, isCut, link, type Owner, reference, rows, text, whole, word } from './fields.ts';

export function normaliseSubscription(subscription: JsonObject, owner: Owner): Columns<'subscription'> {
  return {
    customerId: link('customer', subscription, 'customer', owner),
    status: word(subscription, 'status'),
    collectionMethod: word(subscription, 'collection_method'),
    currency: word(subscription, 'currency'),
    ...periodOf(subscription),
    cancelAtPeriodEnd: flag(subscription, 'cancel_at_period_end'),
    cancelAt: instant(subscription, 'cancel_at'),
    canceledAt: instant(subscription, 'canceled_at'),
    endedAt: instant(subscription, 'ended_at'),
    startedAt: instant(subscription, 'start_date'),
    trialEnd: instant(subscription, 'trial_end'),
    defaultPaymentMethodId: link('payment_method', subscription, 'default_payment_method', owner),
    latestInvoiceId: link('invoice', subscription, 'latest_invoice', owner),
    testClockId: reference(subscription, 'test_clock'),
  };
}

/** Since 2025-03-31 each item has its own period; before, the subscription had one for all. Of several, the one that ends first. */
function periodOf(subscription: JsonObject): { currentPeriodStart?: Date | null; currentPeriodEnd?: Date | null } {
  const item = rows(subscription, 'items')
    .filter((row) => typeof row['current_period_end'] === 'number')
    .toSorted((a, b) => Number(a['current_period_end']) - Number(b['current_period_end']))[0];
  const from = item ?? subscription;
  const currentPeriodStart = instant(from, 'current_period_start');
  const currentPeriodEnd = instant(from, 'current_period_end');
  return {
    ...(currentPeriodStart === undefined ? {} : { currentPeriodStart }),
    ...(currentPeriodEnd === undefined ? {} : { currentPeriodEnd }),
  };
}

export function subscriptionItems(subscription: JsonObject, owner: Owner): ChildList {
  const period = periodOf(subscription);
  const subscriptionId = idOf('subscription', text(subscription, 'id') ?? '', owner);
  const items = rows(subscription, 'items').flatMap((item): ChildRow[] => {
    const id = text(item, 'id');
    if (typeof id !== 'string') return [];
    const columns: ChildColumns<'subscription_item'> = {
      subscriptionId,
      priceId: link('price', item, 'price', owner),
      quantity: big(item, 'quantity'),
      currentPeriodStart: instant(item, 'current_period_start') ?? period.currentPeriodStart,
      currentPeriodEnd: instant(item, 'current_period_end') ?? period.currentPeriodEnd,
    };
    const created = whole(item, 'created') ?? null;
    return [{ id: mirrorId('si', owner.workspaceId, owner.account, id), stripeId: id, created, raw: item, columns }];
  });
  return { table: 'subscription_item', rows: items, complete: isCut(subscription, 'items') === false };
}
