import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { ProviderRefusedError } from '#subgraphs/shared/errors/errors.ts';
import type { MirrorKind } from '../../domain/kinds.ts';
import { nextCustomers } from '../../repositories/customers-on-clocks.ts';
import type { StripeApi } from '../../stripe/client.ts';
import { listObjects, type Page } from '../../stripe/list-objects.ts';

/** Customers whose objects are written together. One call each, so a crash repeats at most these. */
const CUSTOMERS_AT_ONCE = 10;

export interface PagesByCustomer {
  readonly pages: readonly Page[];
  /** Calls that were answered. */
  readonly asked: number;
  /** Our id of the last customer asked; null when there is none left. */
  readonly lastCustomer: string | null;
}

/** The objects of one kind of the next few customers. */
export async function readByCustomer(
  ctx: UseCaseContext,
  api: StripeApi,
  kind: MirrorKind,
  from: { readonly apiKey: string; readonly account: string; readonly after: string | null },
): Promise<PagesByCustomer> {
  const customers = await ctx.transaction((tx) =>
    nextCustomers(tx.db, ctx.workspaceId, { account: from.account, after: from.after, limit: CUSTOMERS_AT_ONCE }),
  );
  const pages: Page[] = [];
  let asked = 0;
  for (const { stripeId } of customers) {
    let after: string | null = null;
    do {
      const page: Page | null = await pageOf(api, from.apiKey, kind, stripeId, after);
      asked += 1;
      if (page !== null) pages.push(page);
      after = page?.next ?? null;
    } while (after !== null);
  }
  return { pages, asked, lastCustomer: customers.at(-1)?.id ?? null };
}

/** Null for a customer who was deleted meanwhile. */
async function pageOf(
  api: StripeApi,
  apiKey: string,
  kind: MirrorKind,
  customer: string,
  after: string | null,
): Promise<Page | null> {
  try {
    return await listObjects(api, { apiKey }, kind, { customer }, after);
  } catch (error) {
    if (error instanceof ProviderRefusedError && error.providerCode === 'resource_missing') return null;
    throw error;
  }
}
