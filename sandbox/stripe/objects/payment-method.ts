import { createHash } from 'node:crypto';
import { cardOfNumber } from '../cards/test-cards.ts';
import { longId } from '../store/ids.ts';
import type { PaymentMethod } from '../store/kinds.ts';

export interface NewCard {
  readonly created: number;
  readonly livemode: boolean;
  readonly number: string;
  readonly expMonth: number;
  readonly expYear: number;
  readonly cvcGiven: boolean;
  readonly billing?: Partial<PaymentMethod['billing_details']>;
  readonly metadata?: Record<string, string>;
}

export function buildCard({
  created,
  livemode,
  number,
  expMonth,
  expYear,
  cvcGiven,
  billing,
  metadata,
}: NewCard): PaymentMethod {
  const known = cardOfNumber(number);
  const brand = known?.brand ?? brandOf(number);
  return {
    id: longId('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: {
      address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
      email: null,
      name: null,
      phone: null,
      tax_id: null,
      ...billing,
    },
    card: {
      brand,
      checks: {
        address_line1_check: null,
        address_postal_code_check: billing?.address?.postal_code ? 'pass' : null,
        cvc_check: cvcGiven ? 'unchecked' : null,
      },
      country: 'US',
      display_brand: brand === 'amex' ? 'american_express' : brand,
      exp_month: expMonth,
      exp_year: expYear,
      fingerprint: fingerprintOf(number),
      funding: known?.funding ?? 'credit',
      generated_from: null,
      last4: number.slice(-4),
      networks: { available: [brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created,
    customer: null,
    customer_account: null,
    livemode,
    metadata: metadata ?? {},
    type: 'card',
  };
}

function brandOf(number: string): string {
  if (number.startsWith('3')) return 'amex';
  return number.startsWith('5') || number.startsWith('2') ? 'mastercard' : 'visa';
}

/** One number has one fingerprint, whichever customer holds it. */
function fingerprintOf(number: string): string {
  return createHash('sha256').update(`card:${number}`).digest('base64url').replaceAll(/[-_]/g, '0').slice(0, 16);
}
