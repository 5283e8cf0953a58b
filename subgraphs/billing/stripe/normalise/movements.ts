import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { isObject } from '../../domain/previous-attributes.ts';
import { reference } from './fields.ts';

const FIELDS = ['balance_transaction', 'failure_balance_transaction'] as const;

/** Stripe's ids of the balance transactions that an object names: how it moved the balance. */
export function movementsIn(object: JsonObject): readonly string[] {
  const named = FIELDS.map((field) => reference(object, field)).filter((id) => typeof id === 'string');
  // A dispute has the whole of them.
  const list = object['balance_transactions'];
  const within = Array.isArray(list) ? list.filter(isObject).map(({ id }) => id) : [];
  return [...named, ...within.filter((id) => typeof id === 'string')];
}
