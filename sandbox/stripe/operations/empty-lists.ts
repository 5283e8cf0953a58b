/** Lists of what no shop of the sandbox ever has: they can be asked for, as at Stripe, and are empty. */
import { z } from 'zod';
import { operation, type Operation } from '../http/operation.ts';
import { paging } from '../http/paginate.ts';
import { flag, range, text } from '../http/parameters.ts';

const created = { created: range.optional() };
const active = { active: flag.optional() };

/** By path, the filters that it takes beside paging. */
const LISTS: Readonly<Record<string, Readonly<Record<string, z.ZodType>>>> = {
  '/v1/application_fees': { ...created, charge: text.optional() },
  '/v1/coupons': created,
  '/v1/credit_notes': { ...created, customer: text.optional(), invoice: text.optional() },
  '/v1/disputes': { ...created, charge: text.optional(), payment_intent: text.optional() },
  '/v1/invoiceitems': { ...created, customer: text.optional(), invoice: text.optional(), pending: flag.optional() },
  '/v1/plans': { ...created, ...active, product: text.optional() },
  '/v1/promotion_codes': { ...created, ...active, coupon: text.optional(), code: text.optional() },
  '/v1/quotes': { customer: text.optional(), status: text.optional(), test_clock: text.optional() },
  '/v1/radar/early_fraud_warnings': { ...created, charge: text.optional() },
  '/v1/reviews': created,
  '/v1/subscription_schedules': { ...created, customer: text.optional() },
  '/v1/tax_ids': { owner: z.strictObject({ type: text, customer: text.optional() }).optional() },
  '/v1/tax_rates': { ...created, ...active, inclusive: flag.optional() },
  '/v1/topups': { ...created, status: text.optional() },
  '/v1/transfers': { ...created, destination: text.optional(), transfer_group: text.optional() },
};

export const emptyLists: readonly Operation[] = Object.entries(LISTS).map(([url, filters]) =>
  operation('GET', url, z.strictObject({ ...paging, ...filters }), () =>
    Promise.resolve({ object: 'list', url, has_more: false, data: [] }),
  ),
);
