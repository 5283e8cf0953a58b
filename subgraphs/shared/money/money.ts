import { ValidationError } from '../errors/errors.ts';
import { currencyCode, exponentOf, type CurrencyCode } from './currency.ts';

export { currencyCode, exponentOf, type CurrencyCode } from './currency.ts';

const formats = new Map<string, Intl.NumberFormat>();
const FORMATS_KEPT = 500;

/** A whole number of the currency's minor unit: 1999 and USD is $19.99, 500 and JPY is ¥500. Negative is owed to the customer. */
export interface Money {
  readonly amountMinor: bigint;
  readonly currency: CurrencyCode;
}

/** @throws {ValidationError} when the currency is not a three-letter code (lower case is accepted and raised). */
export function money(amountMinor: bigint, currency: string): Money {
  return { amountMinor, currency: currencyCode(currency) };
}

/** @throws {RangeError} for two currencies: converting is a decision, so adding them is a bug. */
export function addMoney(a: Money, b: Money): Money {
  assertSameCurrency(a, b);
  return { amountMinor: a.amountMinor + b.amountMinor, currency: a.currency };
}

/** @throws {RangeError} for two currencies. */
export function subtractMoney(a: Money, b: Money): Money {
  assertSameCurrency(a, b);
  return { amountMinor: a.amountMinor - b.amountMinor, currency: a.currency };
}

/** The amount in major units as exact decimal text with all digits of the currency: `-0.05`, `500`, `1.250`. */
export function toDecimalText({ amountMinor, currency }: Money): string {
  const exponent = exponentOf(currency);
  const sign = amountMinor < 0n ? '-' : '';
  const digits = (amountMinor < 0n ? -amountMinor : amountMinor).toString().padStart(exponent + 1, '0');
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** More decimal digits than the currency has: the caller keeps the text, and decides; it is never rounded here. */
export class AmountTooPreciseError extends ValidationError {
  override readonly code = 'AMOUNT_TOO_PRECISE';
  readonly text: string;

  constructor(text: string, currency: CurrencyCode) {
    const exponent = String(exponentOf(currency));
    super(
      `${text} has more decimal digits than ${currency} allows (${exponent}). Round it before you send it.`,
      'amount',
    );
    this.text = text;
  }
}

/**
 * The inverse of toDecimalText. Accepts an optional minus, digits and at most one point with digits on both sides; zeros beyond
 * the currency's digits change nothing and are accepted (`1.500` USD).
 * @throws {AmountTooPreciseError} when a digit would be lost. @throws {ValidationError} for any other text.
 */
export function fromDecimalText(text: string, currency: string): Money {
  const code = currencyCode(currency);
  const match = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/.exec(text);
  if (!match) {
    throw new ValidationError(
      `"${text.slice(0, 40)}" is not an amount. Write it like 19.99, without separators.`,
      'amount',
    );
  }
  const [, sign = '', whole = '', fraction = ''] = match;
  const exponent = exponentOf(code);
  const kept = fraction.slice(0, exponent).padEnd(exponent, '0');
  if (/[1-9]/.test(fraction.slice(exponent))) throw new AmountTooPreciseError(text, code);
  return { amountMinor: BigInt(`${whole}${kept}`) * (sign ? -1n : 1n), currency: code };
}

/**
 * For people: `$1,999.00`, `1.999,00 €`. Exact for any size, because Intl formats the decimal text itself, not a float.
 * Shows all digits of ISO 4217's minor unit, where the locale data would drop some (HUF, ISK). An unknown or malformed
 * locale falls back to English: a mail must not fail to leave over a customer's locale field.
 */
export function formatMoney(money: Money, locale = 'en-US'): string {
  return formatFor(locale, money.currency).format(toDecimalText(money) as Intl.StringNumericLiteral);
}

function assertSameCurrency(a: Money, b: Money): void {
  if (a.currency !== b.currency) throw new RangeError(`${a.currency} and ${b.currency} cannot be combined`);
}

function formatFor(locale: string, currency: string): Intl.NumberFormat {
  const key = `${locale} ${currency}`;
  const known = formats.get(key);
  if (known) return known;
  const digits = exponentOf(currency);
  const format = new Intl.NumberFormat(usableLocale(locale), {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  if (formats.size >= FORMATS_KEPT) formats.clear(); // locales come from customers' data: the map must not grow with them
  formats.set(key, format);
  return format;
}

function usableLocale(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale.replaceAll('_', '-'))[0] ?? 'en-US';
  } catch {
    return 'en-US';
  }
}
