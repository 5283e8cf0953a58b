/**
 * How objects looked in an older version of the API. The sandbox keeps and changes them in the present one only; here, at the edge, they are
 * made over for whoever asks for the older one.
 */
import { planOf } from '../objects/catalogue.ts';
import type { Charge, Invoice, InvoicePayment, LineItem, PaymentIntent, Subscription } from '../store/kinds.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

/** Before 2025-03-31, when invoices lost their payment and subscriptions their period. */
export const OLDER_VERSION = '2024-06-20';

/** Fields that came later. */
const LATER: Readonly<Record<string, readonly string[]>> = {
  charge: [],
  invoice: ['amount_overpaid', 'customer_account', 'parent', 'total_pretax_credit_amounts', 'total_taxes'],
  line_item: ['parent', 'pretax_credit_amounts', 'pricing', 'quantity_decimal', 'subtotal', 'taxes'],
  payment_intent: [
    'allowed_payment_method_types',
    'customer_account',
    'excluded_payment_method_types',
    'managed_payments',
    'payment_details',
    'payment_record',
  ],
  refund: ['customer', 'customer_account', 'payment_method'],
  subscription: ['billing_mode', 'billing_schedules', 'customer_account', 'managed_payments'],
  subscription_item: ['current_period_end', 'current_period_start', 'current_trial'],
};

/** Fields that have gone since, or stand elsewhere. */
const GONE: Readonly<Record<string, (work: UnitOfWork, object: never) => Promise<object> | object>> = {
  charge: async (work, charge: Charge) => ({ invoice: await invoiceOf(work, charge.payment_intent) }),
  invoice: ofInvoice,
  line_item: ofLine,
  payment_intent: async (work, intent: PaymentIntent) => ({ invoice: await invoiceOf(work, intent.id) }),
  subscription: (_work, subscription: Subscription) => ofSubscription(subscription),
};

/** An answer, or the object of an event, with all objects inside it. */
export async function inOlderShape<T>(work: UnitOfWork, value: T): Promise<T> {
  if (Array.isArray(value)) {
    const shaped: unknown[] = [];
    for (const each of value as unknown[]) shaped.push(await inOlderShape(work, each));
    return shaped as T;
  }
  if (typeof value !== 'object' || value === null) return value;
  const kind = String(Reflect.get(value, 'object'));
  // An event looks as its own version had it, whoever asks.
  if (kind === 'event') return value;
  const later = LATER[kind] ?? [];
  const shaped: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value))
    if (!later.includes(key)) shaped[key] = await inOlderShape(work, inner);
  return { ...shaped, ...(await GONE[kind]?.(work, value as never)) } as T;
}

async function ofInvoice(work: UnitOfWork, invoice: Invoice): Promise<object> {
  const of = invoice.parent?.subscription_details;
  const payment = await paymentWith(work, ['invoice'], invoice.id);
  const intent = await work.find('payment_intent', payment?.payment.payment_intent ?? '');
  const paid = invoice.status === 'paid';
  return {
    charge: intent?.latest_charge ?? null,
    discount: null,
    paid,
    paid_out_of_band: paid && invoice.amount_paid === 0 && invoice.amount_due > 0,
    payment_intent: intent?.id ?? null,
    quote: null,
    subscription: of?.subscription ?? null,
    subscription_details: { metadata: of?.metadata ?? null },
    tax: null,
    total_tax_amounts: [],
    transfer_data: null,
  };
}

async function ofLine(work: UnitOfWork, line: LineItem): Promise<object> {
  const of = line.parent?.subscription_item_details;
  const price = await work.find('price', line.pricing?.price_details?.price ?? '');
  return {
    amount_excluding_tax: line.amount,
    plan: price && planOf(price),
    price,
    proration: of?.proration ?? false,
    proration_details: { credited_items: null },
    subscription: of?.subscription ?? null,
    subscription_item: of?.subscription_item,
    tax_amounts: [],
    tax_rates: [],
    type: 'subscription',
    unit_amount_excluding_tax: line.pricing?.unit_amount_decimal ?? null,
  };
}

function ofSubscription({ items: { data: items } }: Subscription): object {
  return {
    current_period_end: Math.min(...items.map((item) => item.current_period_end)),
    current_period_start: Math.max(...items.map((item) => item.current_period_start)),
    discount: null,
  };
}

async function invoiceOf(work: UnitOfWork, intentId: string | null): Promise<string | null> {
  return (await paymentWith(work, ['payment', 'payment_intent'], intentId ?? ''))?.invoice ?? null;
}

async function paymentWith(
  work: UnitOfWork,
  path: readonly string[],
  equals: string,
): Promise<InvoicePayment | undefined> {
  const [payment] = await work.all('invoice_payment', [{ path, equals }]);
  return payment;
}
