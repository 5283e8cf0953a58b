import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { Columns } from '../../domain/columns.ts';
import { flag, link, minor, type Owner, part, reference, text, word } from './fields.ts';

export function normaliseCustomer(customer: JsonObject, owner: Owner): Columns<'customer'> {
  const currency = word(customer, 'currency');
  const locales = customer['preferred_locales'];
  return {
    name: text(customer, 'name'),
    email: text(customer, 'email'),
    country: customer['address'] === null ? null : text(part(customer, 'address'), 'country'),
    preferredLocale: Array.isArray(locales)
      ? (locales.find((locale) => typeof locale === 'string') ?? null)
      : undefined,
    currency,
    balanceMinor: minor(customer, 'balance', currency),
    delinquent: flag(customer, 'delinquent'),
    defaultPaymentMethodId: link('payment_method', part(customer, 'invoice_settings'), 'default_payment_method', owner),
    testClockId: reference(customer, 'test_clock'),
  };
}
