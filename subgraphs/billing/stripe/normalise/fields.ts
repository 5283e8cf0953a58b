import { mirrorId } from '#subgraphs/shared/ids/ids.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { isObject } from '../../domain/previous-attributes.ts';
import { isMirrorKind, type MirrorKind, type ObjectKind, prefixOf } from '../../domain/kinds.ts';

/** Whose object it is: with Stripe's id, what our id is made of. */
export interface Owner {
  readonly workspaceId: string;
  /** Stripe's account (acct_…). */
  readonly account: string;
}

// These readers never fail: a field of a type that we do not expect reads as absent, so that one change at Stripe does not stop the mirror.
// Absent (undefined) and null stay apart: absent says nothing, null says there is none.

export function text(object: JsonObject, field: string): string | null | undefined {
  const value = object[field];
  return typeof value === 'string' || value === null ? value : undefined;
}

/** Statuses and other words of Stripe's, in the upper case that ours have. */
export function word(object: JsonObject, field: string): string | null | undefined {
  return text(object, field)?.toUpperCase() ?? text(object, field);
}

export function flag(object: JsonObject, field: string): boolean | null | undefined {
  const value = object[field];
  return typeof value === 'boolean' || value === null ? value : undefined;
}

export function whole(object: JsonObject, field: string): number | null | undefined {
  const value = object[field];
  return (typeof value === 'number' && Number.isSafeInteger(value)) || value === null ? value : undefined;
}

export function big(object: JsonObject, field: string): bigint | null | undefined {
  const value = whole(object, field);
  return typeof value === 'number' ? BigInt(value) : value;
}

/** A decimal number as exact text; Stripe sends percentages as numbers and amounts with fractions as text. */
export function decimal(object: JsonObject, field: string): string | null | undefined {
  const value = object[field];
  if (typeof value !== 'number') return text(object, field);
  // Below 0.000001 a number would write itself with an exponent.
  return Math.abs(value) < 1e-6 && value !== 0 ? value.toFixed(20).replace(/0+$/, '') : String(value);
}

/** Unix seconds. */
export function instant(object: JsonObject, field: string): Date | null | undefined {
  const value = whole(object, field);
  return typeof value === 'number' ? new Date(value * 1000) : value;
}

// Stripe keeps two digits for these although ISO 4217 gives them none any more; it accepts and sends only whole units, as hundredths.
const HUNDREDTHS_AT_STRIPE: ReadonlySet<string> = new Set(['ISK', 'UGX']);

/** Minor units as ISO 4217 counts them. */
export function minor(
  object: JsonObject,
  field: string,
  currency: string | null | undefined,
): bigint | null | undefined {
  const value = big(object, field);
  return typeof value === 'bigint' && HUNDREDTHS_AT_STRIPE.has(currency ?? '') ? value / 100n : value;
}

/** The amounts in a list of parts (taxes, discounts), added up. */
export function sumMinor(
  object: JsonObject,
  field: string,
  currency: string | null | undefined,
): bigint | null | undefined {
  const parts = object[field];
  if (!Array.isArray(parts)) return parts === null ? null : undefined;
  return parts.filter(isObject).reduce((sum, each) => sum + (minor(each, 'amount', currency) ?? 0n), 0n);
}

/** Stripe's id of another object, whether it came as an id or expanded. */
export function reference(object: JsonObject, field: string): string | null | undefined {
  const value = object[field];
  if (typeof value === 'string' || value === null) return value;
  return isObject(value) && typeof value['id'] === 'string' ? value['id'] : undefined;
}

/** Our id of another object. It may not be there yet: the id is known anyway. */
export function link(kind: MirrorKind, object: JsonObject, field: string, owner: Owner): string | null | undefined {
  const stripeId = reference(object, field);
  return typeof stripeId === 'string' ? idOf(kind, stripeId, owner) : stripeId;
}

/** Our id of an object of any kind. Kinds without a table share one prefix, so there the kind is part of what the id is made of. */
export function idOf(kind: ObjectKind, stripeId: string, { workspaceId, account }: Owner): string {
  return isMirrorKind(kind)
    ? mirrorId(prefixOf(kind), workspaceId, account, stripeId)
    : mirrorId('obj', workspaceId, account, `${kind}/${stripeId}`);
}

/** A nested object; empty when there is none, so that reading on finds everything absent. */
export function part(object: JsonObject, field: string): JsonObject {
  const value = object[field];
  return isObject(value) ? value : {};
}

/** Whether Stripe cut a list inside an object; undefined when it does not say. */
export function isCut(object: JsonObject, field: string): boolean | undefined {
  return flag(part(object, field), 'has_more') ?? undefined;
}

/** The rows of a list inside an object. */
export function rows(object: JsonObject, field: string): readonly JsonObject[] {
  const { data } = part(object, field);
  return Array.isArray(data) ? data.filter(isObject) : [];
}
