import { z } from 'zod';
import { refundCharge } from '../balance/refund-charge.ts';
import { invalid } from '../http/errors.ts';
import { operation, type Operation } from '../http/operation.ts';
import { listOperation } from '../http/paginate.ts';
import { mergedMetadata, metadata, positive, text } from '../http/parameters.ts';
import type { Charge } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

const createShape = z.strictObject({
  charge: text.optional(),
  payment_intent: text.optional(),
  amount: positive.optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  metadata: metadata.optional(),
});
type Input = z.output<typeof createShape>;

async function create(work: UnitOfWork, input: Input): Promise<object> {
  const charge = await chargeOf(work, input);
  const fields = { reason: input.reason ?? null, metadata: mergedMetadata(null, input.metadata) };
  const at = await work.nowOfCustomer(charge.customer);
  return refundCharge(work, charge, { amount: input.amount, fields }, at);
}

async function chargeOf(work: UnitOfWork, { charge, payment_intent: intentId }: Input): Promise<Charge> {
  if (charge !== undefined) return work.get('charge', charge, 'charge');
  if (intentId === undefined)
    throw invalid('One of the following params should be provided for this request: payment_intent or charge.');
  const intent = await work.get('payment_intent', intentId, 'payment_intent');
  return work.get('charge', intent.latest_charge ?? '', 'payment_intent');
}

export const refunds: readonly Operation[] = [
  operation('POST', '/v1/refunds', createShape, create),
  operation('GET', '/v1/refunds/:id', z.strictObject({}), (work, _input, id) => work.get('refund', id)),
  listOperation('refund', '/v1/refunds', {
    filters: { charge: ['charge'], payment_intent: ['payment_intent'] },
  }),
];
