/** `expand[]`: ids in an answer become the objects they stand for. */
import type { Kind } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';
import { invalid } from './errors.ts';

/** Fields that hold an id, in whichever object they stand. */
const EXPANDABLE: Readonly<Record<string, Kind>> = {
  balance_transaction: 'balance_transaction',
  charge: 'charge',
  customer: 'customer',
  default_payment_method: 'payment_method',
  default_price: 'price',
  failure_balance_transaction: 'balance_transaction',
  invoice: 'invoice',
  latest_charge: 'charge',
  latest_invoice: 'invoice',
  payment_intent: 'payment_intent',
  payment_method: 'payment_method',
  product: 'product',
  setup_intent: 'setup_intent',
  subscription: 'subscription',
  test_clock: 'test_helpers.test_clock',
};
/** Expandable at Stripe and always empty here. */
const EMPTY = new Set([
  'application',
  'default_source',
  'discounts',
  'latest_attempt',
  'latest_revision',
  'mandate',
  'on_behalf_of',
  'pending_setup_intent',
  'review',
  'schedule',
  'tax_code',
]);
const DEEPEST = 4;

/** `shape` makes an object over for the version of the API that was asked for. */
export type Shape = <T>(value: T) => Promise<T>;

export async function expand(work: UnitOfWork, answer: object, wanted: unknown, shape: Shape): Promise<void> {
  const paths = Array.isArray(wanted)
    ? wanted
    : typeof wanted === 'object' && wanted !== null
      ? Object.values(wanted)
      : [];
  for (const path of paths) {
    if (typeof path !== 'string') throw invalid('Invalid array', { param: 'expand' });
    const parts = path.split('.');
    if (parts.filter((part) => part !== 'data').length > DEEPEST)
      throw invalid(`You cannot expand more than ${String(DEEPEST)} levels of a property. Property: ${path}`, {
        param: 'expand',
      });
    await expandPath({ work, shape }, answer, parts, path);
  }
}

interface Expanding {
  readonly work: UnitOfWork;
  readonly shape: Shape;
}

async function expandPath(expanding: Expanding, node: object, parts: readonly string[], path: string): Promise<void> {
  const [head, ...rest] = parts;
  if (head === undefined) return;
  const value = await valueAt(expanding, node, head, path);
  if (Array.isArray(value)) {
    for (const element of value as unknown[])
      if (typeof element === 'object' && element !== null) await expandPath(expanding, element, rest, path);
  } else if (typeof value === 'object' && value !== null) await expandPath(expanding, value, rest, path);
}

async function valueAt({ work, shape }: Expanding, node: object, field: string, path: string): Promise<unknown> {
  const value: unknown = Reflect.get(node, field);
  if (value === undefined) return include({ work, shape }, node, field, path);
  if (typeof value !== 'string') return value;
  const kind = EXPANDABLE[field];
  if (!kind) {
    if (EMPTY.has(field)) return value;
    throw invalid(`This property cannot be expanded (${path}).`, { param: 'expand' });
  }
  const found = await shape((await work.find(kind, value)) ?? { id: value, object: kind, deleted: true });
  Reflect.set(node, field, found);
  return found;
}

/** Lists that are only there when asked for. */
async function include({ work, shape }: Expanding, node: object, field: string, path: string): Promise<unknown> {
  const kind: unknown = Reflect.get(node, 'object');
  const id = String(Reflect.get(node, 'id'));
  const list = (data: object[], url: string): object => ({ object: 'list', data, has_more: false, url });
  let value: object | null = null;
  if (kind === 'invoice' && field === 'payments')
    value = list(
      await work.all('invoice_payment', [{ path: ['invoice'], equals: id }]),
      `/v1/invoice_payments?invoice=${id}`,
    );
  if (kind === 'customer' && field === 'subscriptions') {
    const subscriptions = await work.ofCustomer('subscription', id);
    value = list(
      subscriptions.filter((one) => one.status !== 'canceled'),
      `/v1/customers/${id}/subscriptions`,
    );
  }
  if (kind === 'customer' && (field === 'sources' || field === 'tax_ids'))
    value = list([], `/v1/customers/${id}/${field}`);
  if (!value) {
    if (EXPANDABLE[field] ?? EMPTY.has(field)) return undefined;
    throw invalid(`This property cannot be expanded (${path}).`, { param: 'expand' });
  }
  const shaped = await shape(value);
  Reflect.set(node, field, shaped);
  return shaped;
}
