import { z } from 'zod';
import { voidInvoice } from '../billing/void-invoice.ts';
import { refused } from '../http/errors.ts';
import { operation, type Operation } from '../http/operation.ts';
import { listOperation } from '../http/paginate.ts';
import { clearable, mergedMetadata, metadata, positive, text } from '../http/parameters.ts';
import type { Invoice } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { checkMethod, payInvoice, payShape } from './pay-invoice.ts';

async function voidIt(work: UnitOfWork, id: string): Promise<object> {
  const invoice = await work.get('invoice', id);
  if (invoice.status !== 'open') {
    throw refused(`You can only pass in open invoices. This invoice isn't open.`, { code: 'invoice_not_editable' });
  }
  return voidInvoice(work, invoice, await work.nowOfCustomer(invoice.customer));
}

async function lines(
  work: UnitOfWork,
  input: { limit?: number | undefined; starting_after?: string | undefined },
  id: string,
): Promise<object> {
  const invoice = await work.get('invoice', id);
  const limit = input.limit ?? 10;
  const from =
    input.starting_after === undefined
      ? 0
      : invoice.lines.data.findIndex((line) => line.id === input.starting_after) + 1;
  return {
    object: 'list',
    data: invoice.lines.data.slice(from, from + limit),
    has_more: invoice.lines.data.length > from + limit,
    url: `/v1/invoices/${id}/lines`,
  };
}

const updateShape = z.strictObject({
  default_payment_method: clearable.optional(),
  description: clearable.optional(),
  metadata: metadata.optional(),
});

/** A card named here is charged before the subscription's. */
async function update(work: UnitOfWork, input: z.output<typeof updateShape>, id: string): Promise<object> {
  const before = await work.get('invoice', id);
  if (before.status === 'paid' || before.status === 'void') {
    throw refused(`Finalized invoices can't be updated in this way`, { code: 'invoice_not_editable' });
  }
  const changes: Partial<Invoice> = { metadata: mergedMetadata(before.metadata, input.metadata) };
  if (input.description !== undefined) changes.description = input.description;
  if (input.default_payment_method) await checkMethod(work, input.default_payment_method, before);
  if (input.default_payment_method !== undefined) changes.default_payment_method = input.default_payment_method;
  return work.change('invoice', before, changes, 'invoice.updated', await work.nowOfCustomer(before.customer));
}

export const invoices: readonly Operation[] = [
  operation('GET', '/v1/invoices/:id', z.strictObject({}), (work, _input, id) => work.get('invoice', id)),
  operation('POST', '/v1/invoices/:id', updateShape, update),
  operation('POST', '/v1/invoices/:id/pay', payShape, payInvoice),
  operation('POST', '/v1/invoices/:id/void', z.strictObject({}), (work, _input, id) => voidIt(work, id)),
  operation(
    'GET',
    '/v1/invoices/:id/lines',
    z.strictObject({ limit: positive.optional(), starting_after: text.optional() }),
    lines,
  ),
  listOperation('invoice', '/v1/invoices', {
    filters: {
      customer: ['customer'],
      status: ['status'],
      subscription: ['parent', 'subscription_details', 'subscription'],
      collection_method: ['collection_method'],
    },
  }),
];
