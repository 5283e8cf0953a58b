import { z } from 'zod';

import type { CurrencyCode } from './currency.ts';
import type { Money } from './money.ts';

/** Money inside JSON (events, jobs, ClickHouse rows): JSON has no bigint, so the amount is text. */
export interface MoneyJson {
  readonly amountMinor: string;
  readonly currency: CurrencyCode;
}

export const moneyJsonSchema = z.object({
  amountMinor: z.string().regex(/^(0|-?[1-9]\d{0,29})$/, 'a whole number of minor units, as text'),
  currency: z.string().regex(/^[A-Z]{3}$/, 'a three-letter ISO 4217 code'),
});

export function moneyToJson({ amountMinor, currency }: Money): MoneyJson {
  return { amountMinor: amountMinor.toString(), currency };
}

/** @throws {z.ZodError} when it is not what moneyToJson writes: JSON we wrote ourselves, so a bug. */
export function moneyFromJson(value: unknown): Money {
  const { amountMinor, currency } = moneyJsonSchema.parse(value);
  return { amountMinor: BigInt(amountMinor), currency };
}
