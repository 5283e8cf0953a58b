import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { ChildTable } from '../../domain/child-columns.ts';
import type { AnyColumns } from '../../domain/columns.ts';
import type { ObjectKind } from '../../domain/kinds.ts';
import { discountsOf } from './discounts.ts';
import type { Owner } from './fields.ts';
import { creditNoteLines, invoiceLines } from './lines.ts';
import { subscriptionItems } from './subscription.ts';
import { taxAmounts } from './tax-amounts.ts';

/** A row that belongs to an object and has no events of its own. */
export interface ChildRow {
  readonly id: string;
  readonly stripeId: string;
  /** Stripe's second; null when it was made with what it belongs to. */
  readonly created: number | null;
  readonly raw: JsonObject;
  /** What this version of the API does not say is left out, and stays as it is known. */
  readonly columns: AnyColumns;
}

export interface ChildList {
  readonly table: ChildTable;
  readonly rows: readonly ChildRow[];
  /** False when Stripe cut the list or did not send it: what is not named may exist all the same. */
  readonly complete: boolean;
}

/** All tables in which an object of this kind may have rows. */
export const CHILD_TABLES: ReadonlyMap<ObjectKind, readonly ChildTable[]> = new Map([
  ['customer', ['discount']],
  ['subscription', ['subscription_item', 'discount']],
  ['invoice', ['invoice_line', 'discount', 'tax_amount']],
  ['credit_note', ['credit_note_line', 'tax_amount']],
]);

/** The rows inside an object, in whatever version of the API it came. Pure: whether the object is news is decided elsewhere. */
export function childrenOf(kind: ObjectKind, content: JsonObject, owner: Owner): readonly ChildList[] {
  switch (kind) {
    case 'customer':
      return [discountsOf(kind, content, owner)];
    case 'subscription':
      return [subscriptionItems(content, owner), discountsOf(kind, content, owner)];
    case 'invoice':
      return [invoiceLines(content, owner), discountsOf(kind, content, owner), taxAmounts(kind, content, owner)];
    case 'credit_note':
      return [creditNoteLines(content, owner), taxAmounts(kind, content, owner)];
    default:
      return [];
  }
}
