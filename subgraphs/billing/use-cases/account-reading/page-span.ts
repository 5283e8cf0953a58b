import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { testClocksOf } from '../../repositories/customers-on-clocks.ts';
import { idOf, type Owner, reference } from '../../stripe/normalise/fields.ts';
import type { ReadSpan } from '../../stripe/read.ts';

/** Stripe's id of a test clock → where it stands, in Unix seconds. Empty in live mode. */
export type FrozenClocks = ReadonlyMap<string, number>;

/**
 * When the state of an object of a page is from. For one on a test clock that stands in the past it is that clock's time, by which its events
 * are dated: measured by the answer's Date, all that happens on the clock from now on would be too old to count.
 */
export async function spanReader(
  ctx: UseCaseContext,
  tx: Tx,
  owner: Owner,
  clocks: FrozenClocks,
  objects: readonly JsonObject[],
  span: ReadSpan,
): Promise<(object: JsonObject) => ReadSpan> {
  if (clocks.size === 0) return () => span;
  const customerOf = (object: JsonObject): string | null => {
    const stripeId = object['object'] === 'customer' ? null : reference(object, 'customer');
    return typeof stripeId === 'string' ? idOf('customer', stripeId, owner) : null;
  };
  const byCustomer = await testClocksOf(
    tx.db,
    ctx.workspaceId,
    objects.map(customerOf).filter((id) => id !== null),
  );
  return (object) => {
    const clock = reference(object, 'test_clock') ?? byCustomer.get(customerOf(object) ?? '');
    const frozen = typeof clock === 'string' ? clocks.get(clock) : undefined;
    if (frozen === undefined || frozen >= span.to) return span;
    return { from: Math.min(span.from, frozen), to: frozen };
  };
}
