import { letters, shortId } from '../store/ids.ts';
import type { Customer } from '../store/kinds.ts';

export interface NewCustomer {
  readonly created: number;
  readonly livemode: boolean;
  readonly fields: Partial<Customer>;
}

export function buildCustomer({ created, livemode, fields }: NewCustomer): Customer {
  return {
    id: shortId('cus'),
    object: 'customer',
    address: null,
    balance: 0,
    created,
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: letters(8).toUpperCase(),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
    ...fields,
  };
}
