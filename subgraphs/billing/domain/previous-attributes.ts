import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from '#subgraphs/shared/json/json.ts';

/** Stripe notes in the invoice itself when its webhooks were out; it changes without anything having changed. */
const NOISE: ReadonlySet<string> = new Set(['webhooks_delivered_at']);

/** Whether two renderings of an object say the same. A field that is absent and one that is null say the same. */
export function sameContent(a: JsonObject, b: JsonObject): boolean {
  return isDeepStrictEqual(withoutNulls(a), withoutNulls(b));
}

/** The state before an update: `previous_attributes` holds the old values of what changed, nested objects in part, arrays in full. */
export function stateBefore(content: JsonObject, previous: JsonObject): JsonObject {
  const before: JsonObject = { ...content };
  for (const [key, old] of Object.entries(previous)) {
    const current = content[key];
    before[key] = isObject(old) && isObject(current) ? stateBefore(current, old) : old;
  }
  return before;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutNulls(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item: Json) => withoutNulls(item) ?? null);
  if (!isObject(value)) return value;
  const kept: JsonObject = {};
  for (const [key, field] of Object.entries(value)) {
    if (field !== null && field !== undefined && !NOISE.has(key)) kept[key] = withoutNulls(field) ?? null;
  }
  return kept;
}
