import { mirrorId } from '#subgraphs/shared/ids/ids.ts';
import type { Json, JsonObject } from '#subgraphs/shared/json/json.ts';
import type { ChildColumns } from '../../domain/child-columns.ts';
import { isObject } from '../../domain/previous-attributes.ts';
import type { ChildList, ChildRow } from './children.ts';
import { idOf, instant, link, minor, type Owner, part, reference, text, word } from './fields.ts';

/**
 * The discounts an object has. The oldest versions have one `discount`, in full; since 2022 there is a list `discounts`, of ids unless it was
 * expanded; invoices say what each took off. Two fields that name the same one make one row.
 */
export function discountsOf(
  kind: 'customer' | 'subscription' | 'invoice',
  content: JsonObject,
  owner: Owner,
): ChildList {
  const { discount, discounts } = content;
  const named = [...listed(discounts), ...(discount === undefined || discount === null ? [] : [discount])];
  const amounts = new Map(
    listed(content['total_discount_amounts'])
      .filter(isObject)
      .map((taken) => [reference(taken, 'discount'), taken]),
  );
  const known = new Map<string, JsonObject>();
  for (const each of [...named, ...[...amounts.values()].map((taken) => taken['discount'])]) {
    const id = isObject(each) ? text(each, 'id') : each;
    if (typeof id === 'string') known.set(id, isObject(each) ? each : (known.get(id) ?? {}));
  }
  const rows = [...known].map(([id, each]) => rowOf(kind, content, owner, { id, each, taken: amounts.get(id) }));
  return { table: 'discount', rows, complete: discounts !== undefined || discount !== undefined };
}

function rowOf(
  ownerKind: 'customer' | 'subscription' | 'invoice',
  content: JsonObject,
  owner: Owner,
  { id, each, taken }: { id: string; each: JsonObject; taken: JsonObject | undefined },
): ChildRow {
  const ownerStripeId = text(content, 'id') ?? '';
  const currency = word(content, 'currency');
  const columns: ChildColumns<'discount'> = {
    ownerKind,
    ownerId: idOf(ownerKind, ownerStripeId, owner),
    // Since 2025-09-30 under `source`.
    couponId: link('coupon', each['source'] === undefined ? each : part(each, 'source'), 'coupon', owner),
    promotionCodeId: link('promotion_code', each, 'promotion_code', owner),
    startsAt: instant(each, 'start'),
    endsAt: instant(each, 'end'),
    ...(taken === undefined ? {} : { amountMinor: minor(taken, 'amount', currency), currency }),
  };
  return {
    id: mirrorId('di', owner.workspaceId, owner.account, `${ownerStripeId}/${id}`),
    stripeId: id,
    created: null,
    raw: each,
    columns,
  };
}

function listed(list: Json | undefined): readonly Json[] {
  return Array.isArray(list) ? (list as readonly Json[]) : [];
}
