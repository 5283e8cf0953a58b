/** Charges and payment intents: made by invoices, read here. */
import { z } from 'zod';
import { operation, type Operation } from '../http/operation.ts';
import { listOperation } from '../http/paginate.ts';
import { text } from '../http/parameters.ts';

export const payments: readonly Operation[] = [
  operation('GET', '/v1/charges/:id', z.strictObject({}), (work, _input, id) => work.get('charge', id)),
  listOperation('charge', '/v1/charges', { filters: { customer: ['customer'], payment_intent: ['payment_intent'] } }),
  operation('GET', '/v1/payment_intents/:id', z.strictObject({ client_secret: text.optional() }), (work, _input, id) =>
    work.get('payment_intent', id),
  ),
  listOperation('payment_intent', '/v1/payment_intents', { filters: { customer: ['customer'] } }),
  listOperation('invoice_payment', '/v1/invoice_payments', {
    filters: { invoice: ['invoice'], status: ['status'] },
    extra: { payment: z.strictObject({ type: text, payment_intent: text.optional() }).optional() },
    where: ({ payment }) => {
      const intent: unknown =
        typeof payment === 'object' && payment !== null ? Reflect.get(payment, 'payment_intent') : undefined;
      return typeof intent === 'string' ? { sql: `body #>> '{payment,payment_intent}' = $?`, values: [intent] } : null;
    },
  }),
];
