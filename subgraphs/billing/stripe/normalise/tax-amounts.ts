import { mirrorId } from '#subgraphs/shared/ids/ids.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { ChildColumns } from '../../domain/child-columns.ts';
import { isObject } from '../../domain/previous-attributes.ts';
import type { ChildList } from './children.ts';
import { flag, idOf, minor, type Owner, part, reference, text, word } from './fields.ts';

/**
 * The taxes on a whole invoice or credit note: `total_taxes` since 2025-03-31, `total_tax_amounts` or `tax_amounts` before. They have no ids:
 * the tax rate tells them apart, or the reason why there is none, or else their order.
 */
export function taxAmounts(kind: 'invoice' | 'credit_note', content: JsonObject, owner: Owner): ChildList {
  const before2025 = content[kind === 'invoice' ? 'total_tax_amounts' : 'tax_amounts'];
  const list = content['total_taxes'] ?? before2025;
  const currency = word(content, 'currency');
  const ownerStripeId = text(content, 'id') ?? '';
  const ownerId = idOf(kind, ownerStripeId, owner);
  const seen = new Map<string, number>();
  const rows = (Array.isArray(list) ? list.filter(isObject) : []).map((tax) => {
    const stripeId = rateOf(tax) ?? text(tax, 'taxability_reason') ?? 'untold';
    const before = seen.get(stripeId) ?? 0;
    seen.set(stripeId, before + 1);
    const taxRate = rateOf(tax);
    const columns: ChildColumns<'tax_amount'> = {
      ownerKind: kind,
      ownerId,
      taxRateId: typeof taxRate === 'string' ? idOf('tax_rate', taxRate, owner) : null,
      amountMinor: minor(tax, 'amount', currency),
      taxableAmountMinor: minor(tax, 'taxable_amount', currency),
      currency,
      inclusive: inclusive(tax),
      reason: word(tax, 'taxability_reason'),
    };
    return {
      id: mirrorId('tax', owner.workspaceId, owner.account, `${ownerStripeId}/${stripeId}/${String(before)}`),
      stripeId,
      created: null,
      raw: tax,
      columns,
    };
  });
  return { table: 'tax_amount', rows, complete: content['total_taxes'] !== undefined || before2025 !== undefined };
}

function rateOf(tax: JsonObject): string | null | undefined {
  return reference(tax['tax_rate_details'] === undefined ? tax : part(tax, 'tax_rate_details'), 'tax_rate');
}

function inclusive(tax: JsonObject): boolean | null | undefined {
  const behavior = text(tax, 'tax_behavior');
  return typeof behavior === 'string' ? behavior === 'inclusive' : flag(tax, 'inclusive');
}
