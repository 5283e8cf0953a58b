import { z } from 'zod';
import { invalid } from '../http/errors.ts';
import { operation, type Operation } from '../http/operation.ts';
import { address, clearable, integer, list, mergedMetadata, metadata, text } from '../http/parameters.ts';
import { listOperation } from '../http/paginate.ts';
import { cancelSubscription } from '../billing/cancel-subscription.ts';
import { buildCustomer } from '../objects/customer.ts';
import type { Customer } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { attachMethod, methodForAttaching } from './attach-payment-method.ts';

const nullableAddress = z.union([z.literal('').transform(() => null), address]);
const fields = {
  address: nullableAddress.optional(),
  description: clearable.optional(),
  email: clearable.optional(),
  name: clearable.optional(),
  phone: clearable.optional(),
  metadata: metadata.optional(),
  balance: integer.optional(),
  preferred_locales: list(text).optional(),
  tax_exempt: z.enum(['none', 'exempt', 'reverse']).optional(),
  shipping: z
    .union([z.literal('').transform(() => null), z.strictObject({ address, name: text, phone: text.optional() })])
    .optional(),
  invoice_settings: z
    .strictObject({ default_payment_method: clearable.optional(), footer: clearable.optional() })
    .optional(),
};
const createShape = z.strictObject({
  ...fields,
  payment_method: text.optional(),
  test_clock: text.optional(),
  invoice_prefix: text.optional(),
  next_invoice_sequence: integer.optional(),
});
const updateShape = z.strictObject(fields);

type Fields = z.output<typeof updateShape>;

function changesOf(input: Fields, before: Customer | null): Partial<Customer> {
  const { address: where, shipping, invoice_settings: settings, metadata: meta, ...rest } = input;
  const changes: Partial<Customer> = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  );
  if (where !== undefined) changes.address = where && fullAddress(where);
  if (shipping !== undefined)
    changes.shipping = shipping && {
      address: fullAddress(shipping.address),
      name: shipping.name,
      phone: shipping.phone ?? null,
    };
  if (meta !== undefined) changes.metadata = mergedMetadata(before?.metadata ?? null, meta);
  const current = before?.invoice_settings ?? {
    custom_fields: null,
    default_payment_method: null,
    footer: null,
    rendering_options: null,
  };
  if (settings !== undefined) {
    changes.invoice_settings = {
      ...current,
      default_payment_method:
        settings.default_payment_method === undefined
          ? current.default_payment_method
          : settings.default_payment_method,
      footer: settings.footer === undefined ? current.footer : settings.footer,
    };
  }
  return changes;
}

type GivenAddress = z.output<typeof address>;

function fullAddress(given: GivenAddress): NonNullable<Customer['address']> {
  const { city = null, country = null, line1 = null, line2 = null, postal_code = null, state = null } = given;
  return { city, country, line1, line2, postal_code, state };
}

async function createCustomer(work: UnitOfWork, input: z.output<typeof createShape>): Promise<object> {
  const {
    payment_method: methodId,
    test_clock: clockId,
    invoice_prefix: prefix,
    next_invoice_sequence: sequence,
    ...rest
  } = input;
  if (clockId !== undefined) await work.get('test_helpers.test_clock', clockId, 'test_clock');
  const at = await work.nowOfClock(clockId);
  const changes = changesOf(rest, null);
  const wanted = changes.invoice_settings?.default_payment_method ?? null;
  const customer = await work.insert(
    'customer',
    buildCustomer({
      created: at,
      livemode: work.scope.livemode,
      fields: {
        ...changes,
        test_clock: clockId ?? null,
        ...(prefix ? { invoice_prefix: prefix } : {}),
        ...(sequence ? { next_invoice_sequence: sequence } : {}),
      },
    }),
    {},
  );
  const method =
    methodId === undefined
      ? null
      : await attachMethod(work, await methodForAttaching(work, methodId, at), customer.id, at, { announce: false });
  if (wanted !== null && wanted !== methodId && wanted !== method?.id) throw unusableDefault(wanted);
  const invoiceSettings = {
    ...customer.invoice_settings,
    default_payment_method: wanted === null ? null : (method?.id ?? null),
  };
  const created = await work.put('customer', { ...customer, invoice_settings: invoiceSettings });
  await work.announce('customer.created', created, at);
  if (method) await work.announce('payment_method.attached', method, at);
  return created;
}

async function updateCustomer(work: UnitOfWork, input: Fields, id: string): Promise<object> {
  const before = await work.get('customer', id);
  const changes = changesOf(input, before);
  const wanted = changes.invoice_settings?.default_payment_method;
  if (wanted) {
    const method = await work.find('payment_method', wanted);
    if (method?.customer !== id) throw unusableDefault(wanted);
  }
  return work.change('customer', before, changes, 'customer.updated', await work.nowOfCustomer(id));
}

function unusableDefault(id: string): Error {
  return invalid(
    `The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`,
    { code: 'resource_missing', param: 'invoice_settings[default_payment_method]' },
  );
}

async function deleteCustomer(work: UnitOfWork, id: string): Promise<object> {
  const customer = await work.get('customer', id);
  const at = await work.nowOfCustomer(id);
  for (const subscription of await work.ofCustomer('subscription', id)) {
    if (!['canceled', 'incomplete_expired'].includes(subscription.status))
      await cancelSubscription(work, subscription, at, {});
  }
  for (const method of await work.ofCustomer('payment_method', id))
    await work.put('payment_method', { ...method, customer: null });
  await work.remove('customer', id);
  await work.announce('customer.deleted', customer, at);
  return { id, object: 'customer', deleted: true };
}

export const customers: readonly Operation[] = [
  operation('POST', '/v1/customers', createShape, createCustomer),
  operation('GET', '/v1/customers/:id', z.strictObject({}), async (work, _input, id) =>
    (await work.isDeleted('customer', id)) ? { id, object: 'customer', deleted: true } : work.get('customer', id),
  ),
  operation('POST', '/v1/customers/:id', updateShape, updateCustomer),
  operation('DELETE', '/v1/customers/:id', z.strictObject({}), (work, _input, id) => deleteCustomer(work, id)),
  listOperation('customer', '/v1/customers', {
    filters: { email: ['email'], test_clock: ['test_clock'] },
    // like at Stripe, customers on a test clock are only shown to who asks for the clock
    where: ({ test_clock: clock }) =>
      clock === undefined ? { sql: `body ->> 'test_clock' IS NULL`, values: [] } : null,
  }),
  listOperation('payment_method', '/v1/customers/:id/payment_methods', {
    filters: { type: ['type'] },
    ofId: ['customer'],
    withCreated: false,
  }),
];
