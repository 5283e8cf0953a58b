import { z } from 'zod';
import { periodOf } from '../billing/renew-subscription.ts';
import { invalid, refused } from '../http/errors.ts';
import { clearable, flag, list, mergedMetadata, metadata, positive, text } from '../http/parameters.ts';
import { planOf } from '../objects/catalogue.ts';
import { buildItem } from '../objects/subscription.ts';
import type { Subscription, SubscriptionItem } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { defaultMethod } from './create-subscription.ts';

const itemShape = z.strictObject({
  id: text.optional(),
  price: text.optional(),
  quantity: positive.optional(),
  deleted: flag.optional(),
  metadata: metadata.optional(),
});
export const updateShape = z.strictObject({
  default_payment_method: clearable.optional(),
  metadata: metadata.optional(),
  description: clearable.optional(),
  cancel_at_period_end: flag.optional(),
  cancel_at: z.union([z.literal('').transform(() => null), positive]).optional(),
  items: list(itemShape).optional(),
  off_session: flag.optional(),
  payment_behavior: z
    .enum(['allow_incomplete', 'default_incomplete', 'error_if_incomplete', 'pending_if_incomplete'])
    .optional(),
  proration_behavior: z.enum(['none', 'create_prorations', 'always_invoice']).optional(),
  cancellation_details: z.strictObject({ comment: clearable.optional(), feedback: clearable.optional() }).optional(),
});
type Input = z.output<typeof updateShape>;

/** Changed items bill their new price from the next renewal on: the sandbox does not prorate. */
export async function updateSubscription(work: UnitOfWork, input: Input, id: string): Promise<object> {
  const before = await work.get('subscription', id);
  if (before.status === 'canceled' || before.status === 'incomplete_expired') {
    throw refused('A canceled subscription can only update its cancellation_details and metadata.');
  }
  const customer = await work.customerOf(before.customer);
  const at = await work.nowOfCustomer(before.customer);
  const changes: Partial<Subscription> = {};
  if (input.default_payment_method !== undefined) {
    changes.default_payment_method =
      input.default_payment_method === null ? null : await defaultMethod(work, input.default_payment_method, customer);
  }
  if (input.metadata !== undefined) changes.metadata = mergedMetadata(before.metadata, input.metadata);
  if (input.description !== undefined) changes.description = input.description;
  if (input.items !== undefined)
    changes.items = { ...before.items, data: await changedItems(work, before, input.items, at) };
  Object.assign(changes, cancellation(before, input, at));
  return work.change('subscription', before, changes, 'customer.subscription.updated', at);
}

function cancellation(before: Subscription, input: Input, at: number): Partial<Subscription> {
  const details = input.cancellation_details
    ? {
        comment: input.cancellation_details.comment ?? null,
        feedback: input.cancellation_details.feedback ?? null,
        feedback_option: null,
        reason: 'cancellation_requested' as const,
      }
    : undefined;
  const told = details ? { cancellation_details: details } : {};
  if (input.cancel_at_period_end === true)
    return { cancel_at_period_end: true, cancel_at: periodOf(before).end, canceled_at: at, ...told };
  if (input.cancel_at_period_end === false)
    return { cancel_at_period_end: false, cancel_at: null, canceled_at: null, ...told };
  if (input.cancel_at !== undefined)
    return { cancel_at: input.cancel_at, canceled_at: input.cancel_at === null ? null : at, ...told };
  return told;
}

async function changedItems(
  work: UnitOfWork,
  before: Subscription,
  given: NonNullable<Input['items']>,
  at: number,
): Promise<SubscriptionItem[]> {
  let items = [...before.items.data];
  const { start, end } = periodOf(before);
  for (const [index, change] of given.entries()) {
    const price =
      change.price === undefined ? null : await work.get('price', change.price, `items[${String(index)}][price]`);
    const current = items.find((item) => item.id === change.id);
    if (change.id !== undefined && !current)
      throw invalid(`No such subscription item: '${change.id}'`, {
        code: 'resource_missing',
        param: `items[${String(index)}][id]`,
      });
    if (current && change.deleted) items = items.filter((item) => item !== current);
    else if (current) {
      const changed = {
        ...current,
        ...(price ? { price, plan: planOf(price) } : {}),
        quantity: change.quantity ?? current.quantity ?? 1,
        metadata: mergedMetadata(current.metadata, change.metadata),
      };
      items = items.map((item) => (item === current ? changed : item));
    } else if (price)
      items.push(
        buildItem({
          created: at,
          subscription: before.id,
          price,
          quantity: change.quantity ?? 1,
          periodStart: start,
          periodEnd: end,
          metadata: mergedMetadata(null, change.metadata),
        }),
      );
  }
  if (items.length === 0) throw invalid('A subscription must have at least one active plan.', { param: 'items' });
  return items;
}
