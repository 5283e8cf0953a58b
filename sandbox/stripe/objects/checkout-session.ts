import { letters } from '../store/ids.ts';
import type { CheckoutSession, Customer } from '../store/kinds.ts';

export interface NewCheckoutSession {
  readonly created: number;
  readonly expiresAt: number;
  readonly livemode: boolean;
  readonly publicUrl: string;
  readonly customer: Customer | null;
  readonly setupIntent: string;
  readonly fields: Partial<CheckoutSession>;
}

export function buildCheckoutSession(given: NewCheckoutSession): CheckoutSession {
  const { created, expiresAt, livemode, customer } = given;
  const id = `cs_${livemode ? 'live' : 'test'}_c1${letters(56)}`;
  return {
    id,
    object: 'checkout.session',
    adaptive_pricing: null,
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: null,
    amount_subtotal: null,
    amount_total: null,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: null,
    client_reference_id: null,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created,
    currency: null,
    currency_conversion: null,
    custom_fields: [],
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    customer: customer?.id ?? null,
    customer_account: null,
    customer_creation: null,
    customer_details: customer && {
      address: null,
      business_name: null,
      email: customer.email,
      individual_name: null,
      name: customer.name ?? null,
      phone: null,
      tax_exempt: null,
      tax_ids: null,
    },
    customer_email: null,
    discounts: null,
    expires_at: expiresAt,
    integration_identifier: null,
    invoice: null,
    invoice_creation: null,
    livemode,
    locale: null,
    managed_payments: null,
    metadata: {},
    mode: 'setup',
    origin_context: null,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: 'always',
    payment_method_configuration_details: null,
    payment_method_options: { card: { request_three_d_secure: 'automatic' } },
    payment_method_types: ['card'],
    payment_status: 'no_payment_required',
    permissions: null,
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: given.setupIntent,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: 'open',
    submit_type: null,
    subscription: null,
    success_url: null,
    total_details: null,
    ui_mode: 'hosted_page',
    url: `${given.publicUrl}/c/pay/${id}`,
    wallet_options: null,
    ...given.fields,
  };
}
