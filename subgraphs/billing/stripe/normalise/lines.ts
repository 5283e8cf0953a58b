import { mirrorId } from '#subgraphs/shared/ids/ids.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { ChildColumns } from '../../domain/child-columns.ts';
import type { ChildList, ChildRow } from './children.ts';
import {
  big,
  flag,
  idOf,
  instant,
  isCut,
  link,
  minor,
  type Owner,
  part,
  reference,
  rows,
  sumMinor,
  text,
  word,
} from './fields.ts';

export function invoiceLines(invoice: JsonObject, owner: Owner): ChildList {
  const invoiceId = idOf('invoice', text(invoice, 'id') ?? '', owner);
  const lines = rows(invoice, 'lines').flatMap((line, position) => {
    const currency = word(line, 'currency') ?? word(invoice, 'currency');
    const period = part(line, 'period');
    const columns: ChildColumns<'invoice_line'> = {
      invoiceId,
      amountMinor: minor(line, 'amount', currency),
      subtotalMinor: minor(line, 'subtotal', currency),
      discountMinor: sumMinor(line, 'discount_amounts', currency),
      taxMinor: sumMinor(line, 'taxes', currency) ?? sumMinor(line, 'tax_amounts', currency),
      currency,
      quantity: big(line, 'quantity'),
      position,
      ...soldIn(line, owner),
      ...originOf(line, owner),
      periodStart: instant(period, 'start'),
      periodEnd: instant(period, 'end'),
      description: text(line, 'description'),
    };
    return rowOf('il', line, owner, columns);
  });
  return { table: 'invoice_line', rows: lines, complete: isCut(invoice, 'lines') === false };
}

export function creditNoteLines(note: JsonObject, owner: Owner): ChildList {
  const creditNoteId = idOf('credit_note', text(note, 'id') ?? '', owner);
  const currency = word(note, 'currency');
  const lines = rows(note, 'lines').flatMap((line, position) => {
    const invoiceLine = line['invoice_line_item'];
    const columns: ChildColumns<'credit_note_line'> = {
      creditNoteId,
      invoiceLineId:
        typeof invoiceLine === 'string' ? mirrorId('il', owner.workspaceId, owner.account, invoiceLine) : null,
      amountMinor: minor(line, 'amount', currency),
      discountMinor: sumMinor(line, 'discount_amounts', currency) ?? minor(line, 'discount_amount', currency),
      taxMinor: sumMinor(line, 'taxes', currency) ?? sumMinor(line, 'tax_amounts', currency),
      currency,
      quantity: big(line, 'quantity'),
      position,
      unitAmountDecimal: text(line, 'unit_amount_decimal'),
      type: word(line, 'type'),
      description: text(line, 'description'),
    };
    return rowOf('cnli', line, owner, columns);
  });
  return { table: 'credit_note_line', rows: lines, complete: isCut(note, 'lines') === false };
}

function rowOf(prefix: 'il' | 'cnli', line: JsonObject, owner: Owner, columns: ChildRow['columns']): ChildRow[] {
  const stripeId = text(line, 'id');
  if (typeof stripeId !== 'string') return [];
  const id = mirrorId(prefix, owner.workspaceId, owner.account, stripeId);
  return [{ id, stripeId, created: null, raw: line, columns }];
}

/** Since 2025-03-31 under `pricing`; before, the price in full. */
function soldIn(line: JsonObject, owner: Owner): Pick<ChildColumns<'invoice_line'>, 'priceId' | 'productId'> {
  if (line['pricing'] === undefined) {
    const price = line['price'] === null ? null : undefined;
    return {
      priceId: link('price', line, 'price', owner),
      productId: link('product', part(line, 'price'), 'product', owner) ?? price,
    };
  }
  const details = part(part(line, 'pricing'), 'price_details');
  return {
    priceId: link('price', details, 'price', owner) ?? null,
    productId: link('product', details, 'product', owner) ?? null,
  };
}

type Origin = Pick<
  ChildColumns<'invoice_line'>,
  'subscriptionId' | 'subscriptionItemId' | 'invoiceItemId' | 'proration'
>;

/** What put it on the invoice. Since 2025-03-31 under `parent`, in one of two parts; before, fields of the line. */
function originOf(line: JsonObject, owner: Owner): Origin {
  const parent = part(line, 'parent');
  const legacy = line['parent'] === undefined;
  const details = legacy
    ? line
    : { ...part(parent, 'invoice_item_details'), ...part(parent, 'subscription_item_details') };
  const item = reference(details, 'subscription_item');
  return {
    subscriptionId: link('subscription', details, 'subscription', owner) ?? null,
    subscriptionItemId: typeof item === 'string' ? mirrorId('si', owner.workspaceId, owner.account, item) : null,
    invoiceItemId: link('invoiceitem', details, 'invoice_item', owner) ?? null,
    proration: flag(details, 'proration'),
  };
}
