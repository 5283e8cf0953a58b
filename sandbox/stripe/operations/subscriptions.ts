import { z } from 'zod';
import { cancelSubscription } from '../billing/cancel-subscription.ts';
import { refused } from '../http/errors.ts';
import { operation, type Operation } from '../http/operation.ts';
import { listOperation } from '../http/paginate.ts';
import { clearable, flag, positive, text } from '../http/parameters.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { createShape, createSubscription } from './create-subscription.ts';
import { updateShape, updateSubscription } from './update-subscription.ts';

const cancelShape = z.strictObject({
  cancellation_details: z.strictObject({ comment: clearable.optional(), feedback: clearable.optional() }).optional(),
  invoice_now: flag.optional(),
  prorate: flag.optional(),
});

async function cancel(work: UnitOfWork, input: z.output<typeof cancelShape>, id: string): Promise<object> {
  const subscription = await work.get('subscription', id);
  if (subscription.status === 'canceled')
    throw refused(`No such subscription: '${id}'`, { code: 'resource_missing', param: 'id' });
  const { comment = null, feedback = null } = input.cancellation_details ?? {};
  return cancelSubscription(work, subscription, await work.nowOfCustomer(subscription.customer), { comment, feedback });
}

/** Without a status, canceled ones are left out; `all` includes them, `ended` are those that are over. */
function byStatus({ status, price, test_clock: clock, customer }: Record<string, unknown>): {
  sql: string;
  values: unknown[];
} {
  const parts = typeof price === 'string' ? [{ sql: `body #>> '{items,data,0,price,id}' = $?`, value: price }] : [];
  if (status === undefined) parts.push({ sql: `body ->> 'status' <> $?`, value: 'canceled' });
  else if (status === 'ended')
    parts.push({ sql: `body ->> 'status' = ANY($?::text[])`, value: '{canceled,incomplete_expired}' });
  else if (typeof status === 'string' && status !== 'all') parts.push({ sql: `body ->> 'status' = $?`, value: status });
  // like at Stripe, what lives on a test clock is only shown to who asks for the clock or the customer
  const first = clock === undefined && customer === undefined ? `body ->> 'test_clock' IS NULL` : 'true';
  return { sql: [first, ...parts.map((part) => part.sql)].join(' AND '), values: parts.map((part) => part.value) };
}

const STATUSES = [
  'active',
  'all',
  'canceled',
  'ended',
  'incomplete',
  'incomplete_expired',
  'past_due',
  'paused',
  'trialing',
  'unpaid',
] as const;

async function listItems(
  work: UnitOfWork,
  input: { subscription: string; limit?: number | undefined },
): Promise<object> {
  const subscription = await work.get('subscription', input.subscription, 'subscription');
  const limit = input.limit ?? 10;
  return {
    object: 'list',
    data: subscription.items.data.slice(0, limit),
    has_more: subscription.items.data.length > limit,
    url: '/v1/subscription_items',
  };
}

export const subscriptions: readonly Operation[] = [
  operation('POST', '/v1/subscriptions', createShape, createSubscription),
  operation('GET', '/v1/subscriptions/:id', z.strictObject({}), (work, _input, id) => work.get('subscription', id)),
  operation('POST', '/v1/subscriptions/:id', updateShape, updateSubscription),
  operation('DELETE', '/v1/subscriptions/:id', cancelShape, cancel),
  listOperation('subscription', '/v1/subscriptions', {
    filters: { customer: ['customer'], collection_method: ['collection_method'], test_clock: ['test_clock'] },
    extra: { status: z.enum(STATUSES).optional(), price: text.optional() },
    where: byStatus,
  }),
  operation(
    'GET',
    '/v1/subscription_items',
    z.strictObject({ subscription: text, limit: positive.optional() }),
    listItems,
  ),
];
