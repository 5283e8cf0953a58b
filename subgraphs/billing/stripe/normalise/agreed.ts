import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { Columns } from '../../domain/columns.ts';
import { big, flag, instant, link, minor, type Owner, part, reference, text, word } from './fields.ts';

// What has been settled and is not billed yet: quotes, schedules of subscriptions, items for the next invoice.

export function normaliseQuote(quote: JsonObject, owner: Owner): Columns<'quote'> {
  const currency = word(quote, 'currency');
  const moves = part(quote, 'status_transitions');
  return {
    status: word(quote, 'status'),
    number: text(quote, 'number'),
    customerId: link('customer', quote, 'customer', owner) ?? link('customer', quote, 'customer_account', owner),
    currency,
    amountSubtotalMinor: minor(quote, 'amount_subtotal', currency),
    amountTotalMinor: minor(quote, 'amount_total', currency),
    invoiceId: link('invoice', quote, 'invoice', owner),
    subscriptionId: link('subscription', quote, 'subscription', owner),
    subscriptionScheduleId: link('subscription_schedule', quote, 'subscription_schedule', owner),
    collectionMethod: word(quote, 'collection_method'),
    expiresAt: instant(quote, 'expires_at'),
    finalizedAt: instant(moves, 'finalized_at'),
    acceptedAt: instant(moves, 'accepted_at'),
    canceledAt: instant(moves, 'canceled_at'),
    testClockId: reference(quote, 'test_clock'),
  };
}

export function normaliseSubscriptionSchedule(schedule: JsonObject, owner: Owner): Columns<'subscription_schedule'> {
  const phase = part(schedule, 'current_phase');
  const between = schedule['current_phase'] === null ? null : undefined;
  return {
    status: word(schedule, 'status'),
    customerId: link('customer', schedule, 'customer', owner) ?? link('customer', schedule, 'customer_account', owner),
    subscriptionId:
      link('subscription', schedule, 'subscription', owner) ??
      link('subscription', schedule, 'released_subscription', owner),
    endBehavior: word(schedule, 'end_behavior'),
    currentPhaseStart: instant(phase, 'start_date') ?? between,
    currentPhaseEnd: instant(phase, 'end_date') ?? between,
    canceledAt: instant(schedule, 'canceled_at'),
    completedAt: instant(schedule, 'completed_at'),
    releasedAt: instant(schedule, 'released_at'),
    testClockId: reference(schedule, 'test_clock'),
  };
}

/** Since 2025-03-31 its price is under `pricing` and its subscription under `parent`. */
export function normaliseInvoiceItem(item: JsonObject, owner: Owner): Columns<'invoiceitem'> {
  const currency = word(item, 'currency');
  const period = part(item, 'period');
  return {
    customerId: link('customer', item, 'customer', owner) ?? link('customer', item, 'customer_account', owner),
    invoiceId: link('invoice', item, 'invoice', owner),
    subscriptionId:
      item['parent'] === undefined
        ? link('subscription', item, 'subscription', owner)
        : (link('subscription', part(part(item, 'parent'), 'subscription_details'), 'subscription', owner) ?? null),
    priceId:
      item['pricing'] === undefined
        ? link('price', item, 'price', owner)
        : (link('price', part(part(item, 'pricing'), 'price_details'), 'price', owner) ?? null),
    amountMinor: minor(item, 'amount', currency),
    currency,
    quantity: big(item, 'quantity'),
    proration: flag(item, 'proration'),
    periodStart: instant(period, 'start'),
    periodEnd: instant(period, 'end'),
    description: text(item, 'description'),
    testClockId: reference(item, 'test_clock'),
  };
}
