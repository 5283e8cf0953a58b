import type { MirrorChange } from './mirror-change.ts';

/** The objects of a kind that were created on a day (UTC), in a currency; '' for those that have none. */
export interface MirrorGroup {
  readonly kind: string;
  /** `2026-11-20`. */
  readonly day: string;
  readonly currency: string;
}

export interface MirrorFigures extends MirrorGroup {
  readonly objects: bigint;
  /** Minor units; objects without an amount count 0. */
  readonly amountMinor: bigint;
  /** Sum of the first 60 bits of the MD5 of each object's `id|deleted|status|amount|customer`: equal sums say the same of every object. */
  readonly fingerprint: bigint;
}

/** An object, or a recovery case, that ClickHouse knew otherwise than PostgreSQL. */
export interface MirrorDifference {
  readonly kind: string;
  readonly objectId: string;
  /** '' for a recovery case, of which Stripe knows nothing. */
  readonly stripeId: string;
  /** MISSING: not in ClickHouse. DIFFERENT: in another state. EXTRA: not in PostgreSQL. */
  readonly what: 'MISSING' | 'DIFFERENT' | 'EXTRA';
  readonly repaired: boolean;
}

interface Figures {
  readonly amountMinor: bigint;
  readonly fingerprint: bigint;
}

/** The groups that do not add up to the same on both sides; `nameOf` tells them apart. */
export function differingGroups<G extends Figures>(
  a: readonly G[],
  b: readonly G[],
  { nameOf, countOf }: { readonly nameOf: (group: G) => string; readonly countOf: (group: G) => bigint },
): readonly G[] {
  const figures = (of: G): string => `${String(countOf(of))} ${String(of.amountMinor)} ${String(of.fingerprint)}`;
  const others = new Map(b.map((group) => [nameOf(group), group]));
  const differing = a.filter((group) => {
    const other = others.get(nameOf(group));
    others.delete(nameOf(group));
    return other === undefined || figures(other) !== figures(group);
  });
  return [...differing, ...others.values()];
}

/** What is compared of an object. When it was so is not: a read that finds what was known moves it, and is not announced. */
type Compared = Pick<
  MirrorChange,
  'stripeId' | 'account' | 'createdAt' | 'deleted' | 'status' | 'currency' | 'amountMinor' | 'customerId'
>;

export function sameObject(a: Compared | undefined, b: Compared | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.createdAt.getTime() === b.createdAt.getTime() &&
    a.stripeId === b.stripeId &&
    a.account === b.account &&
    a.deleted === b.deleted &&
    a.status === b.status &&
    a.currency === b.currency &&
    a.amountMinor === b.amountMinor &&
    a.customerId === b.customerId
  );
}
