import { ValidationError } from '../errors/errors.ts';

/** An upper-case ISO 4217 code. */
export type CurrencyCode = string;

// Minor units, from ISO 4217 list one (SIX, published 2024-06-25); whatever is not listed here has two. Codes are checked for
// their form and not against the list, so that a currency that is introduced tomorrow (nearly always with two digits) can be
// mirrored today. What a provider counts differently (Stripe sends ISK and UGX in hundredths) is its adapter's business.
const EXPONENTS: ReadonlyMap<CurrencyCode, number> = new Map([
  ...['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV'].map(digits(0)),
  ...['XAF', 'XOF', 'XPF'].map(digits(0)),
  ...['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map(digits(3)),
  ...['CLF', 'UYW'].map(digits(4)),
]);

// Metals, bond units, drawing rights, "testing" and "no currency": the standard gives them no minor unit, and nobody is billed in them.
const WITHOUT_MINOR_UNIT: ReadonlySet<CurrencyCode> = new Set(
  ['XAG', 'XAU', 'XBA', 'XBB', 'XBC', 'XBD', 'XDR', 'XPD', 'XPT', 'XSU', 'XTS', 'XUA', 'XXX'], // prettier-ignore
);

/**
 * Upper-cases (Stripe writes `usd`) and checks the form.
 * @throws {ValidationError} for anything but three letters, and for codes without a minor unit such as XAU.
 */
export function currencyCode(text: string, param = 'currency'): CurrencyCode {
  const code = text.toUpperCase();
  if (!/^[A-Z]{3}$/.test(code) || WITHOUT_MINOR_UNIT.has(code)) {
    throw new ValidationError(
      `"${text.slice(0, 20)}" is not a currency. Use a three-letter ISO 4217 code, such as USD.`,
      param,
    );
  }
  return code;
}

/** How many decimal digits the minor unit stands for: USD 2, JPY 0, KWD 3. */
export function exponentOf(currency: CurrencyCode): number {
  return EXPONENTS.get(currencyCode(currency)) ?? 2;
}

function digits(exponent: number): (code: CurrencyCode) => readonly [CurrencyCode, number] {
  return (code) => [code, exponent];
}
