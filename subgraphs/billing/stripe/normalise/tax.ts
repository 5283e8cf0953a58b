import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { Columns } from '../../domain/columns.ts';
import { decimal, flag, link, type Owner, part, text, word } from './fields.ts';

export function normaliseTaxRate(rate: JsonObject): Columns<'tax_rate'> {
  return {
    displayName: text(rate, 'display_name'),
    active: flag(rate, 'active'),
    inclusive: flag(rate, 'inclusive'),
    percentage: decimal(rate, 'percentage'),
    effectivePercentage: decimal(rate, 'effective_percentage'),
    country: text(rate, 'country'),
    state: text(rate, 'state'),
    jurisdiction: text(rate, 'jurisdiction'),
    taxType: word(rate, 'tax_type'),
  };
}

export function normaliseTaxId(id: JsonObject, owner: Owner): Columns<'tax_id'> {
  return {
    // Since 2023 also under `owner`, which may be the merchant.
    customerId:
      link('customer', id, 'customer', owner) ?? link('customer', part(id, 'owner'), 'customer', owner) ?? null,
    type: word(id, 'type'),
    value: text(id, 'value'),
    country: text(id, 'country'),
    verificationStatus: id['verification'] === null ? null : word(part(id, 'verification'), 'status'),
  };
}
