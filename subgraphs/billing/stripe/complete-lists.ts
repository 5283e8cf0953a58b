import type { Stripe } from 'stripe';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { ObjectKind } from '../domain/kinds.ts';
import type { StripeApi, StripeAuth } from './client.ts';
import { isCut, part } from './normalise/fields.ts';
import { asJson, type ReadSpan, timedRead } from './read.ts';

interface PageParams {
  readonly limit: number;
  readonly starting_after?: string;
}
type ListRows = (
  stripe: Stripe,
  id: string,
  page: PageParams,
  options: StripeAuth,
) => Promise<Stripe.Response<Stripe.ApiList<object>>>;

/** The lists inside objects whose rows have tables of their own. Stripe shows the first ten and says that there are more. */
const LISTS: ReadonlyMap<ObjectKind, { readonly field: string; readonly rows: ListRows }> = new Map([
  [
    'invoice',
    { field: 'lines', rows: (stripe, id, page, options) => stripe.invoices.listLineItems(id, page, options) },
  ],
  [
    'credit_note',
    { field: 'lines', rows: (stripe, id, page, options) => stripe.creditNotes.listLineItems(id, page, options) },
  ],
  [
    'subscription',
    {
      field: 'items',
      rows: (stripe, id, page, options) => stripe.subscriptionItems.list({ subscription: id, ...page }, options),
    },
  ],
]);

/** Whether Stripe cut a list whose rows we keep. */
export function hasCutList(kind: ObjectKind, content: JsonObject): boolean {
  const list = LISTS.get(kind);
  return list !== undefined && isCut(content, list.field) === true;
}

interface Read {
  readonly content: JsonObject;
  readonly span: ReadSpan;
}

/**
 * The object with its list in full. What was read later may be newer, so the span grows with it. All rows are read, not only the missing
 * ones: between two answers a row may have gone from the first page.
 */
export async function completeLists(
  api: StripeApi,
  auth: StripeAuth,
  kind: ObjectKind,
  stripeId: string,
  read: Read,
): Promise<Read> {
  const list = LISTS.get(kind);
  if (list === undefined || isCut(read.content, list.field) !== true) return read;
  const data: JsonObject[] = [];
  let { to } = read.span;
  for (let after: string | null = null, more = true; more;) {
    const page: PageParams = after === null ? { limit: 100 } : { limit: 100, starting_after: after };
    const { answer, span } = await timedRead(api, (stripe) => list.rows(stripe, stripeId, page, auth));
    data.push(...answer.data.map(asJson));
    to = Math.max(to, span.to);
    const last = data.at(-1)?.['id'];
    more = answer.has_more && typeof last === 'string' && last !== after;
    after = typeof last === 'string' ? last : null;
  }
  const whole = { ...part(read.content, list.field), data, has_more: false };
  return { content: { ...read.content, [list.field]: whole }, span: { from: read.span.from, to } };
}
